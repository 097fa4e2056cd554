import type { Knex } from 'knex';
import { ConnectionSettingsError } from '../errors.js';
import { clientOf } from '../knex-internals.js';

export type ConnectionOption = NonNullable<Knex.Config['connection']>;

/** Gives what a function answers the time limit, and its failure a name. */
export function connectingWithin(
  connection: ConnectionOption,
  timeoutMs: number,
  engine: string,
): ConnectionOption {
  if (typeof connection !== 'function') return connection;
  return async () => {
    const given = await answerOf(connection, engine);
    const settings = typeof given === 'string' ? { connectionString: given } : given;
    return { connectionTimeoutMillis: timeoutMs, ...settings } as Knex.StaticConnectionConfig;
  };
}

/** The same where the settings are known: Knex has made them from whatever was written. */
export function limitConnecting(knex: Knex, timeoutMs: number): void {
  const settings = clientOf(knex).connectionSettings as { connectionTimeoutMillis?: number } | undefined;
  if (settings) settings.connectionTimeoutMillis ??= timeoutMs;
}

/** Asks a function for each new connection, since a password may rotate at any time; Knex would ask it once. */
export function askForEachConnection(knex: Knex): void {
  const client = clientOf(knex);
  const { connectionConfigProvider: ask, acquireRawConnection } = client;
  if (!ask) return;
  let isFresh = false;
  client.connectionConfigProvider = async () => {
    const answer = await ask();
    isFresh = true;
    return answer;
  };
  client.acquireRawConnection = async () => {
    if (!isFresh && !client.connectionConfigExpirationChecker) client.connectionSettings = await ask();
    isFresh = false;
    return acquireRawConnection.call(client);
  };
}

/** Nothing was sent, so that what was to be run may run elsewhere. */
async function answerOf(connection: Knex.ConnectionConfigProvider, engine: string) {
  try {
    return await connection();
  } catch (cause) {
    throw new ConnectionSettingsError(engine, cause);
  }
}
