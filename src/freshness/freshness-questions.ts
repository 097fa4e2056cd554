import type { Knex } from 'knex';
import { outsideContexts } from '../context/context-storage.js';
import type { Engine } from '../engines/engine.js';
import { SERVER_RUN } from '../engines/server-run.js';
import type { KnexConnection } from '../knex-internals.js';
import { firstRowOn } from '../pg-internals.js';

/** Where the master's log stands. */
export interface MasterPositionRow {
  readonly lsn: string;
  readonly walfile: string;
}

/** What a cluster never changes. */
export interface ClusterRow {
  readonly system: string;
  /** Bytes of a log file, in digits. */
  readonly segment: string;
}

/** How far a server has replayed, as it says itself. */
export interface ReplayRow {
  readonly lsn: string;
  readonly started_at: string;
  /** The log file of a server that is no slave. */
  readonly walfile: string | null;
}

/** What a probe tells of replay; `lsn` is null where the server may not tell. */
export interface HeardReplay extends Omit<ReplayRow, 'lsn'> {
  readonly lsn: string | null;
}

/** What a server shows: all transactions below `xmax` but those that still run. */
export interface SnapshotRow {
  readonly xmax: string;
  readonly running: readonly string[];
}

/** What is asked of servers to know what they show. Each rejects when the server does not answer in time. */
export interface FreshnessQuestions {
  position(master: Engine): Promise<MasterPositionRow>;
  cluster(master: Engine): Promise<ClusterRow>;
  replay(slave: Engine): Promise<ReplayRow>;
  /** The same of the server that a connection reaches. */
  replayOn(connection: KnexConnection): Promise<ReplayRow>;
  snapshot(engine: Engine): Promise<SnapshotRow>;
  /** Of the transactions that a snapshot of the master's does not show, those that the slave shows. */
  committed(slave: Engine, master: SnapshotRow): Promise<readonly string[]>;
  /** Whether the master has one of the transactions under way. */
  anyRuns(master: Engine, xids: readonly string[]): Promise<boolean>;
}

/**
 * The insert position, since with `synchronous_commit=off` the written one is too low. One statement, which may also follow a
 * COMMIT in the same message.
 */
export const ASK_POSITION =
  'select lsn::text, pg_walfile_name(lsn) as walfile from pg_current_wal_insert_lsn() lsn';

const ASK_CLUSTER = `select system_identifier::text as system,
  pg_size_bytes(current_setting('wal_segment_size'))::text as segment from pg_control_system()`;

/**
 * A server that is no slave but the master under another name shows everything up to its own position; one that was promoted
 * counts in a history of its own.
 */
const ASK_REPLAY = `select coalesce(case when pg_is_in_recovery() then pg_last_wal_replay_lsn()
  else pg_current_wal_insert_lsn() end, '0/0')::text as lsn, ${SERVER_RUN} as started_at,
  case when not pg_is_in_recovery() then pg_walfile_name(pg_current_wal_insert_lsn()) end as walfile`;

const ASK_SNAPSHOT = `select pg_snapshot_xmax(now)::text as xmax, array(select pg_snapshot_xip(now)::text) as running
  from pg_current_snapshot() now`;

/** A slave that seems further ahead than in any moment follows another history. */
const MOST_NEW = 10_000;

/**
 * The newest transaction of all is not among the running ones, since a snapshot ends before it. What the slave has not
 * heard of yet is in the future there, and asking for it is an error.
 */
const ASK_COMMITTED = `select xid from (
  select unnest(string_to_array(?, ',')) union all
  select n::text from pg_current_snapshot() now,
    generate_series(?::bigint, least(pg_snapshot_xmax(now)::text::bigint, ?::bigint + ${MOST_NEW}) - 1) n
) candidates(xid)
  where case when xid::xid8 < pg_snapshot_xmax(pg_current_snapshot()) then pg_xact_status(xid::xid8) = 'committed' end`;

const ASK_ANY_RUNS = `select 1 from unnest(string_to_array(?, ',')) xid where pg_xact_status(xid::xid8) = 'in progress'`;

/** `invalid_parameter_value`: the master never began the transaction, so the slave follows another history. */
const IN_THE_FUTURE = '22023';

/** A master that takes longer can't be asked. */
const POSITION_TIMEOUT_MS = 2_000;
/** A probe that takes longer has failed; its connection is given up. */
const REPLAY_TIMEOUT_MS = 1_000;
const SNAPSHOT_TIMEOUT_MS = 1_000;

/** The questions as PostgreSQL takes them, on connections of their own. */
export const FRESHNESS_QUESTIONS: FreshnessQuestions = {
  position: async (master) => first(await rowsOf(master, POSITION_TIMEOUT_MS, ASK_POSITION)),
  cluster: async (master) => first(await rowsOf(master, POSITION_TIMEOUT_MS, ASK_CLUSTER)),
  replay: async (slave) => first(await rowsOf(slave, REPLAY_TIMEOUT_MS, ASK_REPLAY)),
  replayOn: (connection) => firstRowOn<ReplayRow>(connection, ASK_REPLAY),
  snapshot: async (engine) => first(await rowsOf(engine, SNAPSHOT_TIMEOUT_MS, ASK_SNAPSHOT)),
  async committed(slave, { xmax, running }) {
    const bindings = [running.join(','), xmax, xmax];
    const rows = await rowsOf<{ xid: string }>(slave, SNAPSHOT_TIMEOUT_MS, ASK_COMMITTED, bindings);
    return rows.map(({ xid }) => xid);
  },
  async anyRuns(master, xids) {
    try {
      return (await rowsOf(master, SNAPSHOT_TIMEOUT_MS, ASK_ANY_RUNS, [xids.join(',')])).length > 0;
    } catch (error) {
      if ((error as { code?: unknown }).code === IN_THE_FUTURE) return false;
      throw error;
    }
  },
};

async function rowsOf<Row>(
  { probes }: Engine,
  timeoutMs: number,
  sql: string,
  bindings: readonly Knex.RawBinding[] = [],
): Promise<readonly Row[]> {
  const ask = async () => probes.raw<{ rows: readonly Row[] }>(sql, bindings).timeout(timeoutMs);
  return (await outsideContexts(ask)).rows;
}

function first<Row>([row]: readonly Row[]): Row {
  return row!;
}
