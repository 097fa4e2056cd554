import type { Dispatched } from '../dispatch/dispatched.js';
import type { KnexConnection } from '../knex-internals.js';
import { attemptOn, giveBack } from './asked.js';
import { Guard } from './guard.js';
import { guardFor } from './guard-for.js';
import type { KnexTools } from './knex-parts.js';

/** Takes the connection of a second slave; false where it is not needed, or not of use. */
type Takes = (second: Dispatched, connection: KnexConnection) => boolean;

/** Finds a late read another slave, and a connection there. `sql`: what the first slave was sent, if it was. Never rejects. */
export async function findSecondSlave(
  first: Dispatched,
  sql: string | undefined,
  { hedging, held, retries }: KnexTools,
  takes: Takes,
): Promise<void> {
  const engine = await hedging?.otherFor(first, sql);
  if (!engine) return;
  const dispatched = { ...first, engine, role: engine.role, startedAt: engine.startedAt };
  try {
    const connection = await held.acquire(engine);
    const isOfUse = engine.role === 'slave' && Guard.canStandOn(connection);
    if (!isOfUse || !takes(dispatched, connection))
      giveBack({ dispatched, connection, guard: undefined }, held);
  } catch (error) {
    retries.note(attemptOn(dispatched), error);
  }
}

/** Undefined where nothing proves that its server shows what was seen. */
export function proofOn(
  connection: KnexConnection,
  dispatched: Dispatched,
  { tracker }: KnexTools,
): { readonly guard: Guard | undefined } | undefined {
  try {
    return { guard: guardFor(dispatched, connection, false, tracker) };
  } catch {
    return undefined;
  }
}
