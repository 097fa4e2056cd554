import knex, { type Knex } from 'knex';
import type { Clock } from '../clock.js';
import { InvalidOptionsError, messageOf } from '../errors.js';
import { type KnexConnection, clientOf } from '../knex-internals.js';
import type { ResolvedEngineOptions } from '../options/resolved-options.js';
import { ASKED_AT_ONCE } from './ask-servers.js';
import { readOnlyConfig } from './read-only-pool.js';
import { giveBackToUsersPool } from './users-pool.js';
import { FreeConnections, hasOwnWays } from './free-connections.js';
import { refuseWhenClosing } from './refuse-when-closing.js';
import { askForEachConnection, connectingWithin, limitConnecting } from './connection-settings.js';
import { Engine, type EngineRole } from './engine.js';
import { enginePool, probePool } from './engine-pools.js';

/**
 * Knex would wait for a minute; a slave's reads have better places to go. A read that waits for a slave that does not answer
 * is moved as soon as the probes find out; these are for a pool that is full, and for a process too busy to hear anything.
 */
const SLAVE_ACQUIRE_TIMEOUT_MS = 3_000;
/** For the network and the server to answer to a new connection; pg itself would wait for ever. */
const CONNECT_TIMEOUT_MS = { master: 10_000, slave: 2_000 } satisfies Record<EngineRole, number>;
const PROBE_ACQUIRE_TIMEOUT_MS = 2_000;
/** Of the monitor, of those who wait for a position, and of those who leave a slave; the first two may ask several servers. */
export const MOST_PROBES = 1 + 2 * ASKED_AT_ONCE;

/** A probe that fails is an answer, not an incident. */
const SILENT_KNEX_LOG: Knex.Logger = { warn() {}, error() {}, debug() {}, deprecate() {} };

/** An engine that connects when it is first used. On PostgreSQL it knows its connections; there and on MySQL a slave's are read-only. */
export function createEngine(
  role: EngineRole,
  { name, weight, config }: ResolvedEngineOptions,
  clock: Clock,
): Engine {
  const probes = createProbes(probesOf(name, config, () => engine));
  const onPostgres = isPostgres(probes);
  const isOther = !onPostgres && role === 'slave';
  const readOnly = isOther ? readOnlyConfig(config, clientOf(probes).driverName) : undefined;
  const own = knex(onPostgres ? ownOf(role, name, config, () => engine) : (readOnly ?? config));
  const refusesWrites = !isOther || readOnly !== undefined;
  const engine: Engine = new Engine({ name, role, weight, knex: own, probes, refusesWrites, clock });
  if (!onPostgres) return engine;
  if (hasOwnWays(own, config))
    engine.freeConnections = new FreeConnections(own, (connection) => engine.isCurrent(connection));
  limitConnecting(own, CONNECT_TIMEOUT_MS[role]);
  limitConnecting(probes, PROBE_ACQUIRE_TIMEOUT_MS);
  for (const one of [own, probes]) {
    askForEachConnection(one);
    giveBackToUsersPool(one, engine);
    refuseWhenClosing(one, name);
  }
  dropOutdated(own, (connection) => engine.isCurrent(connection));
  dropOutdated(probes, (connection) => engine.isCurrentProbe(connection));
  knowEarly(own, (connection) => engine.opened(connection));
  knowEarly(probes, (connection) => engine.openedProbe(connection));
  return engine;
}

/** Knex's own error for a driver that is not installed has its stack in its message. */
function createProbes(config: Knex.Config): Knex {
  try {
    return knex(config);
  } catch (error) {
    const driver = /^Knex: run\n\$ npm install (\S+)/.exec(messageOf(error))?.[1];
    if (driver === undefined) throw error;
    const version = driver === 'pg' ? ' (8.11 or later)' : '';
    throw new InvalidOptionsError(`The driver ${driver}${version} is not installed: npm install ${driver}`, {
      cause: error,
    });
  }
}

function ownOf(role: EngineRole, name: string, config: Knex.Config, engine: () => Engine): Knex.Config {
  const connection = config.connection && connectingWithin(config.connection, CONNECT_TIMEOUT_MS[role], name);
  return {
    ...(role === 'slave' && { acquireConnectionTimeout: SLAVE_ACQUIRE_TIMEOUT_MS }),
    ...config,
    ...(connection && { connection }),
    pool: enginePool(config.pool, engine),
  };
}

export function isPostgres(of: Knex): boolean {
  return clientOf(of).driverName === 'pg';
}

/**
 * The same server on connections of its own, made when they are first needed, with an answer soon or none, and without what
 * the app does to its own queries and rows.
 */
function probesOf(name: string, config: Knex.Config, engine: () => Engine): Knex.Config {
  const pool = {
    ...config.pool,
    min: 0,
    max: MOST_PROBES,
    acquireTimeoutMillis: PROBE_ACQUIRE_TIMEOUT_MS,
  };
  const { client, connectionPool, version } = config;
  const connection = config.connection && connectingWithin(config.connection, PROBE_ACQUIRE_TIMEOUT_MS, name);
  return {
    client,
    version,
    pool: probePool(pool, engine),
    log: SILENT_KNEX_LOG,
    ...(connection && { connection }),
    ...(connectionPool && { connectionPool }),
  };
}

/** Knex asks a new connection for the server's version, and a pooler without a server lets it wait for that. */
function knowEarly(of: Knex, opened: (connection: KnexConnection) => void): void {
  const client = clientOf(of);
  const { _acquireOnlyConnection: open } = client;
  if (!open) return;
  client._acquireOnlyConnection = async () => {
    const connection = await open.call(client);
    opened(connection);
    return connection;
  };
}

/** Knex asks this of each idle connection before it is used again. */
function dropOutdated(of: Knex, isCurrent: (connection: KnexConnection) => boolean): void {
  const client = clientOf(of);
  const { validateConnection } = client;
  client.validateConnection = (connection) =>
    isCurrent(connection) && validateConnection.call(client, connection);
}
