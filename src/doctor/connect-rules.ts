import { asRole } from '../health/missing-grant.js';
import type { EngineFacts, Failure } from './facts.js';
import type { FindingCode, Rule } from './finding.js';
import { onMaster } from './remedies.js';

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

const failsAs = (
  code: FindingCode,
  said: (engine: EngineFacts, failure: Failure) => string,
  remedy: (engine: EngineFacts, failure: Failure) => string,
): readonly [FindingCode, Rule] => [
  code,
  (engine) => {
    const { failure, failed, connections } = engine;
    if (!failure || (CODES[failure.code] ?? 'cannot-connect') !== code) return undefined;
    const isPart = failed > 0 && connections.length > 0;
    const part = isPart ? `${failed} of ${failed + connections.length} connections failed: ` : '';
    return { message: part + said(engine, failure), remedy: remedy(engine, failure) };
  },
];

const setUrl = (engine: EngineFacts, part: string) =>
  `${variableOf(engine)}=postgres://USER:PASSWORD@HOST:PORT/DATABASE  # look at ${part}`;

/** A connection was made; nothing came on it. */
const isMute = ({ failed }: EngineFacts) => failed === 0;

const ABOUT_TLS = /\b(?:SSL|TLS)\b|certificate/i;
const CANNOT_CONNECT_NOW = '57P03';

export const CONNECT_RULES: readonly (readonly [FindingCode, Rule])[] = [
  failsAs(
    'no-such-host',
    ({ address }) => `There is no host of the name in ${address}`,
    (engine) => setUrl(engine, 'HOST'),
  ),
  failsAs(
    'nothing-listens',
    ({ address }) => `Nothing listens at ${address}: the connection was refused`,
    (engine) => setUrl(engine, 'HOST and PORT, and whether the server runs'),
  ),
  failsAs(
    'no-answer',
    (engine) =>
      isMute(engine)
        ? `${engine.address} takes connections, and answers no question within seconds`
        : `${engine.address} does not answer: no connection was made within seconds`,
    (engine) =>
      isMute(engine)
        ? 'Look at the load and the disk of the server, and at the network between'
        : setUrl(engine, 'HOST and PORT, and at the firewall between'),
  ),
  failsAs(
    'login-refused',
    ({ login }, { message }) => `The server refuses the login ${login ?? 'of this engine'}: ${message}`,
    (engine) => setUrl(engine, "USER and PASSWORD, or at the server's pg_hba.conf"),
  ),
  failsAs(
    'no-such-database',
    (_, { message }) => `The server has no such database: ${message}`,
    (engine) => setUrl(engine, 'DATABASE, which is the same on the master and its slaves'),
  ),
  failsAs(
    'no-connection-left',
    (_, { message }) => `The server takes no more connections: ${message}`,
    ({ login }, { message }) =>
      /for role/.test(message)
        ? onMaster(`ALTER ROLE ${asRole(login)} CONNECTION LIMIT -1`)
        : 'ALTER SYSTEM SET max_connections = 200;  -- on slaves first, and restart each; or a smaller pool.max, or a pooler',
  ),
  failsAs(
    'cannot-connect',
    (engine, { message }) =>
      `${isMute(engine) ? 'It ends connections' : 'No connection could be made'}: ${message}`,
    (engine, { code, message }) => {
      if (code === CANNOT_CONNECT_NOW) return "Wait until it has started; a slave needs hot_standby = 'on'";
      return ABOUT_TLS.test(message)
        ? '?sslmode=verify-full&sslrootcert=<file of its CA>  # at the end of the URL; sslmode=disable where it has no TLS'
        : setUrl(engine, 'all of it');
    },
  ),
  [
    'answers-late',
    ({ server, isUnfinished }) =>
      server && isUnfinished
        ? {
            message: 'It did not answer all questions in time, so that there may be more',
            remedy: 'Look at the load of the server, and at the network between; and ask again from nearby',
          }
        : undefined,
  ],
];
