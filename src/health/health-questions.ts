import type { Engine } from '../engines/engine.js';
import { MOST_PROBES } from '../engines/create-engine.js';
import { SERVER_RUN, SERVER_TIMELINE } from '../engines/server-run.js';
import { timelineOf } from '../freshness/position.js';
import { clientOf, sever } from '../knex-internals.js';
import { engineFailureOf, isRefusedLogin } from './engine-failure.js';
import type { HealthQuestions, ProbePart, ProbeRow } from './engine-probe.js';

const NOT_ASKED = {
  lsn: null,
  walfile: null,
  system: null,
  timeline: null,
  replayed_ms: null,
  paused: null,
  receiving: null,
};

/** What every server tells. */
const BASE = `pg_is_in_recovery() as in_recovery, ${SERVER_RUN} as started_at, current_database() as database,
  pg_size_bytes(current_setting('wal_segment_size'))::text as segment,
  to_regproc('aurora_replica_status') is not null as is_aurora`;

/**
 * One small question for every role, since a role may change; in parts, since managed servers refuse some of them. */
export const PROBE_PARTS: Readonly<Record<ProbePart, string>> = {
  position: `coalesce(case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_insert_lsn() end,
    '0/0')::text as lsn,
  case when not pg_is_in_recovery() then pg_walfile_name(pg_current_wal_insert_lsn()) end as walfile`,
  identity: `(select system_identifier::text from pg_control_system()) as system,
  ${SERVER_TIMELINE} as timeline`,
  replay: `extract(epoch from now() - pg_last_xact_replay_timestamp()) * 1000 as replayed_ms,
  case when pg_is_in_recovery() then pg_is_wal_replay_paused() end as paused`,
  receiver: `exists (select from pg_stat_wal_receiver where pid is not null) as receiving`,
};
const ALL = Object.keys(PROBE_PARTS) as ProbePart[];

const ASK_RUN = `select ${SERVER_RUN} as run`;

const ASK_AURORA_LAG = `select replica_lag_in_msec::float as lag from aurora_replica_status()
  where server_id = aurora_db_instance_identifier()`;

/** The privilege is missing, the server does not support it, or it has no such function, view or column. */
const REFUSALS: ReadonlySet<unknown> = new Set(['42501', '0A000', '42883', '42P01', '42703']);

/** So many probes later a grant may have been given: what was refused is asked for again. */
const ASK_AGAIN_AFTER = 120;

type BaseRow = Omit<ProbeRow, 'untold' | 'aurora_lag_ms'> & { readonly is_aurora: boolean };
interface RunRow {
  readonly run: string;
}
type Untold = Partial<Record<ProbePart, string>>;

/** The questions as PostgreSQL takes them; remembers of each engine what it refuses. */
export class SqlHealthQuestions implements HealthQuestions {
  private readonly refused = new WeakMap<Engine, { untold: Untold; probes: number }>();

  /** A connection that has ended, by an operator perhaps, says nothing of the server, and there may be as many as a pool holds. */
  async probe(engine: Engine, timeoutMs: number): Promise<ProbeRow> {
    for (let left = MOST_PROBES; ; left--) {
      try {
        return await this.probeOnce(engine, timeoutMs);
      } catch (error) {
        if (left === 0 || !hasEnded(error)) throw error;
      }
    }
  }

  private async probeOnce(engine: Engine, timeoutMs: number): Promise<ProbeRow> {
    const known = this.knownOf(engine);
    try {
      return await this.ask(engine, known.untold, timeoutMs);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      await this.findRefused(engine, known.untold, timeoutMs);
      return this.ask(engine, known.untold, timeoutMs);
    }
  }

  runQuery({ knex }: Engine, timeoutMs: number): Promise<unknown> {
    return rowOf(knex, 'select 1', timeoutMs);
  }

  /** A pool that is the user's makes its connections itself. */
  async run({ probes }: Engine, timeoutMs: number): Promise<string> {
    const client = clientOf(probes);
    if (client.config.connectionPool) return (await rowOf<RunRow>(probes, ASK_RUN, timeoutMs)).run;
    const connection = await client.acquireRawConnection();
    try {
      const asked = probes.raw<{ rows: readonly RunRow[] }>(ASK_RUN).connection(connection);
      const { rows } = await asked.timeout(timeoutMs);
      return rows[0]!.run;
    } finally {
      sever(connection);
    }
  }

  private async ask(engine: Engine, untold: Untold, timeoutMs: number): Promise<ProbeRow> {
    const parts = ALL.filter((part) => untold[part] === undefined).map((part) => PROBE_PARTS[part]);
    const sql = `select ${[BASE, ...parts].join(',\n  ')}`;
    const { is_aurora: isAurora, ...told } = await rowOf<BaseRow>(engine.probes, sql, timeoutMs);
    const row = { ...NOT_ASKED, ...told };
    return {
      ...row,
      timeline: row.timeline ?? (row.walfile === null ? null : timelineOf(row.walfile)),
      aurora_lag_ms: isAurora ? await auroraLag(engine, timeoutMs) : null,
      untold: { ...untold },
    };
  }

  /** Asks for each part alone. */
  private async findRefused({ probes }: Engine, untold: Untold, timeoutMs: number): Promise<void> {
    for (const part of ALL) {
      if (untold[part] !== undefined) continue;
      await rowOf(probes, `select ${PROBE_PARTS[part]}`, timeoutMs).catch((error: unknown) => {
        if (!isRefusal(error)) throw error;
        untold[part] = error.message;
      });
    }
  }

  private knownOf(engine: Engine): { untold: Untold } {
    let known = this.refused.get(engine);
    if (!known || known.probes >= ASK_AGAIN_AFTER)
      this.refused.set(engine, (known = { untold: {}, probes: 0 }));
    known.probes++;
    return known;
  }
}

async function auroraLag({ probes }: Engine, timeoutMs: number): Promise<number | null> {
  const row = await rowOf<{ lag: number } | undefined>(probes, ASK_AURORA_LAG, timeoutMs);
  return row?.lag ?? null;
}

/** Knex puts the query before what the server or the driver says; here only that matters. */
async function rowOf<Row>(knex: Engine['probes'], sql: string, timeoutMs: number): Promise<Row> {
  try {
    const { rows } = await knex.raw<{ rows: readonly Row[] }>(sql).timeout(timeoutMs * 2);
    return rows[0]!;
  } catch (error) {
    if (error instanceof Error) error.message = error.message.replace(`${sql} - `, '');
    throw error;
  }
}

function hasEnded(error: unknown): boolean {
  const failure = engineFailureOf(error, false);
  return failure === 'broken' || failure === 'ended';
}

function isRefusal(error: unknown): error is Error {
  return error instanceof Error && REFUSALS.has((error as { code?: unknown }).code) && !isRefusedLogin(error);
}
