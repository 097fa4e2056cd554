import type { Context } from '../context/context.js';
import type { Engine, EngineRole } from '../engines/engine.js';
import type { Classification } from '../intent/intent.js';

/** A query on its way to an engine. */
export interface Dispatched {
  readonly engine: Engine;
  /** The engine's when the query was dispatched; a promotion may change it meanwhile. */
  readonly role: EngineRole;
  readonly classification: Classification;
  /** Whether it may run on another engine instead: false where the Knex, the connection or the transaction names one. */
  readonly movable: boolean;
  readonly context: Context;
  /** Whether what it shows counts as seen by the context's client. */
  readonly tracked: boolean;
  /** The run of the engine's server that it was meant for. */
  readonly startedAt: string | undefined;
  /** When a slave's data would be too old for it, on the clock of `Freshness`; undefined: never. */
  readonly deadline: number | undefined;
}
