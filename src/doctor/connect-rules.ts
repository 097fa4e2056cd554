import type { EngineFacts } from './facts.js';
import type { FindingCode, Rule } from './finding.js';

/** Why no connection could be made, by what the driver or the server says. */
const CODES: Readonly<Record<string, FindingCode>> = {
  ENOTFOUND: 'no-such-host',
  EAI_AGAIN: 'no-such-host',
  ECONNREFUSED: 'nothing-listens',
  EHOSTUNREACH: 'no-answer',
  ENETUNREACH: 'no-answer',
  ETIMEDOUT: 'no-answer',
  TIMEOUT: 'no-answer',
  '28P01': 'login-refused',
  '28000': 'login-refused',
  '3D000': 'no-such-database',
  '53300': 'no-connection-left',
};

/** The environment variable that says where an engine is, as `optionsFromEnv` reads it. */
export function variableOf({ name, role }: Pick<EngineFacts, 'name' | 'role'>): string {
  return role === 'master' ? 'DATABASE_MASTER_URL' : `DATABASE_SLAVES_${name.toUpperCase()}_URL`;
}

const failsAs =
  (code: FindingCode, said: (engine: EngineFacts) => string, remedy: (engine: EngineFacts) => string): Rule =>
  (engine) => {
    const { failure } = engine;
    if (!failure || (CODES[failure.code] ?? 'cannot-connect') !== code) return undefined;
    return { message: said(engine), remedy: remedy(engine) };
  };

const setUrl = (engine: EngineFacts, part: string) =>
  `${variableOf(engine)}=postgres://USER:PASSWORD@HOST:PORT/DATABASE  # look at ${part}`;

export const CONNECT_RULES: readonly (readonly [FindingCode, Rule])[] = [
  [
    'no-such-host',
    failsAs(
      'no-such-host',
      ({ address }) => `There is no host of the name in ${address}`,
      (engine) => setUrl(engine, 'HOST'),
    ),
  ],
  [
    'nothing-listens',
    failsAs(
      'nothing-listens',
      ({ address }) => `Nothing listens at ${address}: the connection was refused`,
      (engine) => setUrl(engine, 'HOST and PORT, and whether the server runs'),
    ),
  ],
  [
    'no-answer',
    failsAs(
      'no-answer',
      ({ address }) => `${address} does not answer: no connection was made within seconds`,
      (engine) => setUrl(engine, 'HOST and PORT, and at the firewall between'),
    ),
  ],
  [
    'login-refused',
    failsAs(
      'login-refused',
      ({ login, failure }) =>
        `The server refuses the login ${login ?? 'of this engine'}: ${failure!.message}`,
      (engine) => setUrl(engine, "USER and PASSWORD, or at the server's pg_hba.conf"),
    ),
  ],
  [
    'no-such-database',
    failsAs(
      'no-such-database',
      ({ failure }) => `The server has no such database: ${failure!.message}`,
      (engine) => setUrl(engine, 'DATABASE, which is the same on the master and its slaves'),
    ),
  ],
  [
    'no-connection-left',
    failsAs(
      'no-connection-left',
      ({ failure }) => `The server takes no more connections: ${failure!.message}`,
      () =>
        'ALTER SYSTEM SET max_connections = 200;  -- and restart it; or a smaller pool.max, or a pooler such as PgBouncer',
    ),
  ],
  [
    'cannot-connect',
    failsAs(
      'cannot-connect',
      ({ failure }) => `No connection could be made: ${failure!.message}`,
      (engine) => setUrl(engine, 'all of it'),
    ),
  ],
];
