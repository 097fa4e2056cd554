import type { Clock } from '../clock.js';
import { SERVER_RUN } from '../engines/server-run.js';
import type { Engine } from '../engines/engine.js';

/** What an engine says of itself. */
export interface ProbeRow {
  readonly in_recovery: boolean;
  /** Replayed, or on a master inserted. */
  readonly lsn: string;
  /** The log file of a server that is no slave. */
  readonly walfile: string | null;
  readonly segment: string;
  readonly started_at: string;
  readonly system: string;
  /** The newest timeline that it knows of. */
  readonly timeline: number;
  /** Since the newest transaction that it has replayed was committed; null where it has replayed none. */
  readonly replayed_ms: string | null;
  readonly paused: boolean | null;
  readonly receiving: boolean;
}

/**
 * One small query for every role, since a role may change. What streams from where is hidden from plain users, but the
 * control file is not: there a slave notes another timeline at its next restart point.
 */
const ASK = `select r.in_recovery, r.lsn::text, ${SERVER_RUN} as started_at,
  case when not r.in_recovery then pg_walfile_name(r.lsn) end as walfile,
  pg_size_bytes(current_setting('wal_segment_size'))::text as segment,
  (select system_identifier::text from pg_control_system()) as system,
  greatest(c.timeline_id, m.min_recovery_end_timeline, w.received_tli) as timeline,
  extract(epoch from now() - pg_last_xact_replay_timestamp()) * 1000 as replayed_ms,
  case when r.in_recovery then pg_is_wal_replay_paused() end as paused,
  w.pid is not null as receiving
from (select s.in_recovery,
    coalesce(case when s.in_recovery then pg_last_wal_replay_lsn() else pg_current_wal_insert_lsn() end, '0/0') as lsn
  from (select pg_is_in_recovery() as in_recovery) s) r
  cross join pg_control_checkpoint() c cross join pg_control_recovery() m
  left join pg_stat_wal_receiver w on true`;

/** What is asked of engines to know how they are doing. Both reject when they can't be asked. */
export interface HealthQuestions {
  /** How it is doing; an answer that takes twice `timeoutMs` comes no more. */
  probe(engine: Engine, timeoutMs: number): Promise<ProbeRow>;
  /** Runs a query on the engine's own pool, and not on a connection for probes. */
  runQuery(engine: Engine, timeoutMs: number): Promise<unknown>;
}

/** The questions as PostgreSQL takes them. */
export const HEALTH_QUESTIONS: HealthQuestions = {
  async probe({ probes }, timeoutMs) {
    const { rows } = await probes.raw<{ rows: readonly ProbeRow[] }>(ASK).timeout(timeoutMs * 2);
    return rows[0]!;
  },
  runQuery: async ({ knex }, timeoutMs) => knex.raw('select 1').timeout(timeoutMs),
};

/** There was no answer in time. */
export class NoAnswerError extends Error {
  constructor(
    timeoutMs: number,
    /** How much later than that it was noticed. */
    readonly lateMs: number,
  ) {
    super(`no answer within ${timeoutMs} ms`);
  }
}

/** Rejects with `NoAnswerError` after the time. */
export function answerWithin<Answer>(
  asked: PromiseLike<Answer>,
  timeoutMs: number,
  clock: Clock,
): Promise<Answer> {
  const sinceMs = clock.nowMs();
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new NoAnswerError(timeoutMs, clock.nowMs() - sinceMs - timeoutMs));
    const timer = clock.after(timeoutMs, giveUp);
    const settled = (settle: () => void) => {
      timer.cancel();
      settle();
    };
    asked.then(
      (answer) => settled(() => resolve(answer)),
      (error: Error) => settled(() => reject(error)),
    );
  });
}
