import type { Knex } from 'knex';
import { ConnectionSettingsError } from '../errors.js';

export type ConnectionOption = NonNullable<Knex.Config['connection']>;

/** What is used of Knex's client; private there. */
interface SettingsOfClient {
  connectionSettings?: object;
  /** There where settings are asked for. */
  connectionConfigProvider?: () => Promise<object>;
  /** Null where the last answer did not say when it expires: then Knex never asks again. */
  connectionConfigExpirationChecker?: (() => boolean) | null;
  acquireRawConnection(): Promise<unknown>;
}

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
export function limitConnecting({ client }: Knex, timeoutMs: number): void {
  const { connectionSettings } = client as { connectionSettings?: { connectionTimeoutMillis?: number } };
  if (connectionSettings) connectionSettings.connectionTimeoutMillis ??= timeoutMs;
}

/** Asks a function for each new connection, since a password may rotate at any time; Knex would ask it once. */
export function askForEachConnection({ client }: Knex): void {
  const settings = client as SettingsOfClient;
  const { connectionConfigProvider: ask, acquireRawConnection } = settings;
  if (!ask) return;
  let isFresh = false;
  settings.connectionConfigProvider = async () => {
    const answer = await ask();
    isFresh = true;
    return answer;
  };
  settings.acquireRawConnection = async () => {
    if (!isFresh && !settings.connectionConfigExpirationChecker) settings.connectionSettings = await ask();
    isFresh = false;
    return acquireRawConnection.call(settings);
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
