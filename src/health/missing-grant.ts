import type { Engine } from '../engines/engine.js';
import { messageOf } from '../errors.js';
import { clientOf } from '../knex-internals.js';
import { isMissingPrivilege } from './engine-failure.js';

/** PostgreSQL's words for what was asked for, and what its grant is called. */
const GRANTS: Readonly<Record<string, string>> = {
  table: 'SELECT ON',
  relation: 'SELECT ON',
  view: 'SELECT ON',
  'materialized view': 'SELECT ON',
  'foreign table': 'SELECT ON',
  sequence: 'SELECT ON SEQUENCE',
  schema: 'USAGE ON SCHEMA',
  function: 'EXECUTE ON FUNCTION',
  database: 'CONNECT ON DATABASE',
};

const DENIED = /permission denied for ([a-z ]+?) "?([^" ]+)"?$/;

/** All others are quoted: those with upper case or a dash, and the words of SQL that logins are most often called. */
const PLAIN_NAME = /^(?!(?:user|all|default|group)$)[a-z_][a-z0-9_]*$/;

/** The login that an engine's connections use; undefined where its settings don't say. */
export function loginOf({ knex }: Engine): string | undefined {
  const settings: { readonly user?: unknown } = clientOf(knex).connectionSettings ?? {};
  return typeof settings.user === 'string' ? settings.user : undefined;
}

/**
 * The grant that the engine's login misses, as SQL to be run on the master, from which slaves have it. Undefined for another
 * error, and where the server's words are not PostgreSQL's English ones.
 */
export function missingGrant(engine: Engine, error: unknown): string | undefined {
  if (!isMissingPrivilege(error)) return undefined;
  const [, kind = '', name = ''] = DENIED.exec(error.message) ?? [];
  const grant = GRANTS[kind];
  return grant && `GRANT ${grant} ${name} TO ${asRole(loginOf(engine))}`;
}

/** A login as SQL has it. */
export function asRole(login: string | undefined): string {
  if (login === undefined) return '<its login>';
  return PLAIN_NAME.test(login) ? login : `"${login.replaceAll('"', '""')}"`;
}

/** Why an engine is out of use, and what mends it where that is known. */
export function troubleOf(engine: Engine, error: unknown): string {
  const grant = missingGrant(engine, error);
  return grant ? `${messageOf(error)}. On the master: ${grant}` : messageOf(error);
}
