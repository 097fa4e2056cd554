import type { Clock } from '../clock.js';
import type { Engine } from '../engines/engine.js';
import { loginOf } from '../health/missing-grant.js';
import { clientOf } from '../knex-internals.js';
import { askAll, isFromServer, sample, type Told, whoAnswers } from './ask-server.js';
import { Deadline } from './deadline.js';
import type { EngineFacts } from './facts.js';
import { openSeveral } from './open-several.js';

/** Counted from the begin: until when connections are waited for, then answers, then positions. Less than five seconds. */
const CONNECTED_MS = 2_500;
const TOLD_MS = 3_500;
const SAMPLED_MS = 4_700;

const UNASKED: Told = { server: undefined, failure: undefined, refused: {}, isUnfinished: false };
const UNKNOWN = { positions: [], refusal: undefined };

/** Asks one engine, on connections of its own beside its pool. Never rejects. `all` is called when the others are met too. */
export async function examineEngine(
  engine: Engine,
  clock: Clock,
  all: () => Promise<unknown>,
): Promise<EngineFacts> {
  const until = (ms: number) => new Deadline(clock, ms);
  const [connected, told, sampled] = [until(CONNECTED_MS), until(TOLD_MS), until(SAMPLED_MS)];
  const opened = await openSeveral(engine, connected);
  try {
    const met = await Promise.all(opened.connections.map((connection) => whoAnswers(connection, told)));
    const speaks = opened.connections.find((_, n) => met[n]!.facts ?? isFromServer(met[n]!.failure!));
    const { server, failure, refused, isUnfinished } = speaks ? await askAll(engine, speaks, told) : UNASKED;
    await all();
    const canSample = speaks && server && !isUnfinished;
    const { positions, refusal } = canSample ? await sample(engine, speaks, sampled, clock) : UNKNOWN;
    return {
      ...named(engine),
      failure: opened.failure ?? failure ?? (speaks ? undefined : met[0]?.failure),
      failed: opened.failed,
      connections: met.flatMap(({ facts }) => facts ?? []),
      server,
      refused: refusal && !refused.position ? { ...refused, position: refusal } : refused,
      isUnfinished,
      positions,
    };
  } finally {
    opened.close();
  }
}

function named(engine: Engine): Pick<EngineFacts, 'name' | 'role' | 'address' | 'login' | 'poolMax'> {
  const { name, role, knex } = engine;
  const { connectionSettings, pool } = clientOf(knex);
  const { max = 10 } = (pool ?? {}) as { readonly max?: number };
  return { name, role, address: addressOf(connectionSettings), login: loginOf(engine), poolMax: max };
}

/** What a URL leaves out is null or empty there; the driver takes its defaults then. */
function addressOf(settings: object | undefined): string {
  if (!settings) return "a pool of the app's own";
  const { host, port, database } = settings as Readonly<Record<string, string | number | null | undefined>>;
  return `${host || 'localhost'}:${port || 5432}/${database ?? ''}`;
}
