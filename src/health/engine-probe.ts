import type { Clock } from '../clock.js';
import type { Engine } from '../engines/engine.js';

/** What an engine may be asked for beyond how it is doing; a server, or a missing grant, may refuse each on its own. */
export type ProbePart = 'position' | 'identity' | 'replay' | 'receiver';

/** What an engine says of itself. What it does not tell is null. */
export interface ProbeRow {
  readonly in_recovery: boolean;
  readonly started_at: string;
  /** The database that connections reach. */
  readonly database: string;
  /** Bytes of a log file, in digits. */
  readonly segment: string;
  /** Replayed, or on a master inserted. */
  readonly lsn: string | null;
  /** The log file of a server that is no slave. */
  readonly walfile: string | null;
  readonly system: string | null;
  /** The newest timeline that it knows of. */
  readonly timeline: number | null;
  /** Since the newest transaction that it has replayed was committed; null where it has replayed none. */
  readonly replayed_ms: string | null;
  readonly paused: boolean | null;
  readonly receiving: boolean | null;
  /** How far Aurora says that it is behind, in ms. */
  readonly aurora_lag_ms: number | null;
  /** Parts that it refused to tell, each with the server's words. */
  readonly untold: Partial<Readonly<Record<ProbePart, string>>>;
}

/** What is asked of engines to know how they are doing. All reject when they can't be asked. */
export interface HealthQuestions {
  /** How it is doing; an answer that takes twice `timeoutMs` comes no more. */
  probe(engine: Engine, timeoutMs: number): Promise<ProbeRow>;
  /** Runs a query on the engine's own pool, and not on a connection for probes. */
  runQuery(engine: Engine, timeoutMs: number): Promise<unknown>;
  /**
   * Which run of a server takes new connections (`SERVER_RUN`). Asked on a connection of its own: one that is open already may
   * still answer while its server shuts down, or may have been ended with others.
   */
  run(engine: Engine, timeoutMs: number): Promise<string>;
}

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
