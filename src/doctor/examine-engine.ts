import { type Clock, idle, pause } from '../clock.js';
import type { Engine } from '../engines/engine.js';
import { parsePosition } from '../freshness/position.js';
import { loginOf } from '../health/missing-grant.js';
import { type KnexConnection, clientOf, sever } from '../knex-internals.js';
import { firstRowOn } from '../pg-internals.js';
import type {
  ConnectFailure,
  ConnectionFacts,
  EngineFacts,
  PositionSample,
  QuestionName,
  ServerFacts,
} from './facts.js';
import { POSITIONS, QUESTIONS, WHO } from './questions.js';

/** A balancer leads several connections to several servers, mostly. */
const CONNECTIONS = 4;
/** Together less than five seconds. */
const CONNECT_MS = 2_500;
const ANSWER_MS = 1_500;
/** A connection that fails so late had no answer. */
const LATE_MS = 1_000;
const TIMEOUT = 'TIMEOUT';
const SAMPLES = 18;
/** So many are enough where a server has replayed all that it has each time. */
const ENOUGH_SAMPLES = 8;
const SAMPLE_EVERY_MS = 100;

const NOTHING_TOLD: Omit<ServerFacts, keyof BaseRow> = {
  system: null,
  is_paused: null,
  sender_host: null,
  sender_port: null,
  is_receiving: null,
  oldest_snapshot_ms: null,
  snapshot_conflicts: null,
  sees_statistics: null,
  reads_functions: null,
};

type BaseRow = Pick<
  ServerFacts,
  | 'run'
  | 'in_recovery'
  | 'version'
  | 'database'
  | 'port'
  | 'max_connections'
  | 'reserved_connections'
  | 'ssl'
  | 'synchronous_commit'
  | 'search_path'
  | 'time_zone'
  | 'isolation'
  | 'standard_conforming_strings'
  | 'statement_timeout'
  | 'idle_timeout'
  | 'hot_standby_feedback'
  | 'max_standby_streaming_delay'
  | 'recovery_min_apply_delay'
>;

/** Asks one engine, on connections of its own beside its pool. Never rejects. `all` is called when the others are met too. */
export async function examineEngine(
  engine: Engine,
  clock: Clock,
  all: () => Promise<unknown>,
): Promise<EngineFacts> {
  const opened = await openSeveral(engine, clock);
  try {
    const { connections, failure } = opened;
    const [first] = connections;
    const told = first ? await askAll(first, clock) : undefined;
    const each = await Promise.all(connections.map((connection) => whoAnswers(connection, clock)));
    await all();
    return {
      ...named(engine),
      failure: first ? undefined : failure,
      connections: each.flatMap((one) => one ?? []),
      server: told?.server,
      refused: told?.refused ?? {},
      positions: first && told?.server ? await sample(first, clock) : [],
    };
  } finally {
    for (const connection of opened.connections) sever(connection);
  }
}

function named(engine: Engine): Pick<EngineFacts, 'name' | 'role' | 'address' | 'login' | 'poolMax'> {
  const { name, role, knex } = engine;
  const { connectionSettings, pool } = clientOf(knex);
  const {
    host = 'localhost',
    port = 5432,
    database = '',
  } = (connectionSettings ?? {}) as {
    readonly host?: string;
    readonly port?: number | string;
    readonly database?: string;
  };
  const { max = 10 } = (pool ?? {}) as { readonly max?: number };
  return { name, role, address: `${host}:${port}/${database}`, login: loginOf(engine), poolMax: max };
}

async function openSeveral(
  { knex }: Engine,
  clock: Clock,
): Promise<{ connections: KnexConnection[]; failure: ConnectFailure | undefined }> {
  const client = clientOf(knex);
  const sinceMs = clock.nowMs();
  const opening = Array.from({ length: CONNECTIONS }, () => {
    const connecting = client.acquireRawConnection();
    return within(connecting, CONNECT_MS, clock).catch((error: unknown) => {
      void connecting.then(sever, () => undefined); // it may come yet
      const failure = failureOf(error);
      const isLate = failure.code === '' && clock.nowMs() - sinceMs > LATE_MS; // the driver's own limit has no code
      return isLate ? { ...failure, code: TIMEOUT } : failure;
    });
  });
  const outcomes = await Promise.all(opening);
  const isFailure = (outcome: KnexConnection | ConnectFailure): outcome is ConnectFailure =>
    'code' in outcome;
  return {
    connections: outcomes.filter((outcome) => !isFailure(outcome)) as KnexConnection[],
    failure: outcomes.find(isFailure),
  };
}

async function askAll(
  connection: KnexConnection,
  clock: Clock,
): Promise<{ server: ServerFacts | undefined; refused: Partial<Record<QuestionName, string>> }> {
  const refused: Partial<Record<QuestionName, string>> = {};
  let told: object = {};
  for (const [name, sql] of Object.entries(QUESTIONS) as [QuestionName, string][]) {
    try {
      told = {
        ...told,
        ...(await within(firstRowOn<object | undefined>(connection, sql), ANSWER_MS, clock)),
      };
    } catch (error) {
      refused[name] = failureOf(error).message;
    }
  }
  const server = 'run' in told ? { ...NOTHING_TOLD, ...(told as BaseRow) } : undefined;
  return { server, refused };
}

async function whoAnswers(connection: KnexConnection, clock: Clock): Promise<ConnectionFacts | undefined> {
  try {
    const asked = firstRowOn<{ run: string; pid: number }>(connection, WHO);
    const { run, pid } = await within(asked, ANSWER_MS, clock);
    return { run, isPooled: pid !== (connection.processID ?? pid) };
  } catch {
    return undefined;
  }
}

async function sample(connection: KnexConnection, clock: Clock): Promise<PositionSample[]> {
  const samples: PositionSample[] = [];
  for (let n = 0; n < SAMPLES; n++) {
    try {
      const asked = firstRowOn<{ written: string | null; replayed: string | null }>(connection, POSITIONS);
      const { written, replayed } = await within(asked, ANSWER_MS, clock);
      const [received, done] = [written ?? replayed, replayed];
      if (received !== null && done !== null)
        samples.push({
          atMs: clock.nowMs(),
          written: parsePosition(received),
          replayed: parsePosition(done),
        });
    } catch {
      return samples;
    }
    if (n + 1 >= ENOUGH_SAMPLES && samples.every(({ written, replayed }) => written === replayed))
      return samples;
    await pause(clock, SAMPLE_EVERY_MS);
  }
  return samples;
}

async function within<Answer>(asked: Promise<Answer>, ms: number, clock: Clock): Promise<Answer> {
  const late = idle(clock, ms).then(() => {
    throw Object.assign(new Error(`no answer within ${ms} ms`), { code: TIMEOUT });
  });
  void late.catch(() => undefined);
  return Promise.race([asked, late]);
}

/** A host with several addresses fails once for each. */
function failureOf(error: unknown): ConnectFailure {
  const [first = error] = error instanceof AggregateError ? (error.errors as unknown[]) : [];
  const { code = '', message = '' } = (first ?? {}) as {
    readonly code?: unknown;
    readonly message?: unknown;
  };
  return { code: String(code), message: String(message) };
}
