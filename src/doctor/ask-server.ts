import { type Clock, pause } from '../clock.js';
import type { Engine } from '../engines/engine.js';
import { parsePosition } from '../freshness/position.js';
import { missingGrant } from '../health/missing-grant.js';
import type { KnexConnection } from '../knex-internals.js';
import { firstRowOn } from '../pg-internals.js';
import type { Deadline } from './deadline.js';
import type {
  ConnectionFacts,
  Failure,
  PositionSample,
  QuestionName,
  Refusal,
  ServerFacts,
} from './facts.js';
import { failureOf } from './open-several.js';
import { POSITIONS, QUESTIONS, WHO } from './questions.js';

const SAMPLES = 18;
/** So many are enough where a server has replayed all that it has each time. */
const ENOUGH_SAMPLES = 8;
const SAMPLE_EVERY_MS = 100;

/** What the first question asks for; a server that does not answer it has told nothing. */
type Base = Pick<ServerFacts, 'run' | 'in_recovery' | 'version' | 'database'>;

const NOTHING_TOLD: Omit<ServerFacts, keyof Base> = {
  port: null,
  max_connections: null,
  reserved_connections: 0,
  connection_limit: null,
  connected: null,
  ssl: null,
  synchronous_commit: null,
  search_path: null,
  time_zone: null,
  isolation: null,
  standard_conforming_strings: null,
  sources: {},
  statement_timeout: 0,
  idle_timeout: 0,
  hot_standby_feedback: null,
  max_standby_streaming_delay: 0,
  recovery_min_apply_delay: 0,
  system: null,
  paused: null,
  sender_host: null,
  sender_port: null,
  is_receiving: null,
  receiver_name: null,
  senders: null,
  oldest_snapshot_ms: null,
  snapshot_conflicts: null,
  sees_statistics: null,
  reads_functions: null,
};

export interface Told {
  readonly server: ServerFacts | undefined;
  /** Why the first question has no answer: the connection broke, or was mute. */
  readonly failure: Failure | undefined;
  readonly refused: Partial<Record<QuestionName, Refusal>>;
  /** It did not answer all questions: it was late, or has ended the connection. */
  readonly isUnfinished: boolean;
}

/** One question after the other. The first that is late is the last: others would wait behind it. */
export async function askAll(engine: Engine, connection: KnexConnection, deadline: Deadline): Promise<Told> {
  const refused: Partial<Record<QuestionName, Refusal>> = {};
  let told: object = {};
  let failure: Failure | undefined;
  for (const [name, sql] of Object.entries(QUESTIONS) as [QuestionName, string][]) {
    try {
      const asked = firstRowOn<object | undefined>(connection, sql);
      told = { ...told, ...(await deadline.within(asked)) };
    } catch (error) {
      failure = failureOf(error);
      if (!isFromServer(failure)) break;
      refused[name] = refusalOf(engine, error);
      if (name === 'base') break;
      failure = undefined;
    }
  }
  const server = 'run' in told ? { ...NOTHING_TOLD, ...(told as Base) } : undefined;
  return {
    server,
    failure: server || refused.base ? undefined : failure,
    refused,
    isUnfinished: failure !== undefined,
  };
}

export async function whoAnswers(
  connection: KnexConnection,
  deadline: Deadline,
): Promise<{ facts?: ConnectionFacts; failure?: Failure }> {
  try {
    const asked = firstRowOn<{ run: string; pid: number; in_recovery: boolean }>(connection, WHO);
    const { pid, ...told } = await deadline.within(asked);
    return { facts: { ...told, isPooled: pid !== (connection.processID ?? pid) } };
  } catch (error) {
    return { failure: failureOf(error) };
  }
}

/** Where its log stands, several times; a refusal where it does not say. */
export async function sample(
  engine: Engine,
  connection: KnexConnection,
  deadline: Deadline,
  clock: Clock,
): Promise<{ positions: PositionSample[]; refusal: Refusal | undefined }> {
  const positions: PositionSample[] = [];
  try {
    for (let n = 0; n < SAMPLES && deadline.leftMs > SAMPLE_EVERY_MS; n++) {
      if (n > 0) await pause(clock, SAMPLE_EVERY_MS);
      const asked = firstRowOn<{ written: string | null; replayed: string | null }>(connection, POSITIONS);
      const { written, replayed } = await deadline.within(asked);
      const received = written ?? replayed;
      if (received === null || replayed === null) continue;
      positions.push({
        atMs: clock.nowMs(),
        written: parsePosition(received),
        replayed: parsePosition(replayed),
      });
      if (n + 1 >= ENOUGH_SAMPLES && positions.every((one) => one.written === one.replayed)) break;
    }
    return { positions, refusal: undefined };
  } catch (error) {
    return { positions, refusal: isFromServer(failureOf(error)) ? refusalOf(engine, error) : undefined };
  }
}

function refusalOf(engine: Engine, error: unknown): Refusal {
  return { message: failureOf(error).message, grant: missingGrant(engine, error) };
}

/** PostgreSQL's codes have five characters; class 08 and 57P: the connection ends. */
export function isFromServer({ code }: Pick<Failure, 'code'>): boolean {
  return /^(?!08|57P)[0-9A-Z]{5}$/.test(code) && code !== 'EPIPE';
}
