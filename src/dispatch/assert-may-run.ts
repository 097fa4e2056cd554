import type { Engine } from '../engines/engine.js';
import { WriteOnSlaveError } from '../errors.js';
import type { Classification } from '../intent/intent.js';

/** Throws `WriteOnSlaveError` for a write on a slave, and for what is only unproved where its server would not refuse to write. */
export function assertMayRun(
  { name, role, refusesWrites }: Engine,
  { intent, because }: Classification,
): void {
  if (role === 'slave' && (intent === 'write' || (intent === 'unproved' && !refusesWrites)))
    throw new WriteOnSlaveError(name, because);
}

/** The same in a transaction; what a read-only one undoes is refused in others when it has its connection. */
export function assertMayRunInTransaction(engine: Engine, classification: Classification): void {
  const isUndone = classification.leaves !== 'unknown' && engine.refusesWrites;
  if (!isUndone) assertMayRun(engine, classification);
}
