import type { Consistency } from '../context/consistency.js';
import type { Context, EngineChoice } from '../context/context.js';
import type { Engine, EngineRole } from '../engines/engine.js';
import type { Bound } from '../freshness/position.js';
import type { Classification } from '../intent/intent.js';
import type { QueryFacts } from '../routing/choose.js';
import type { Observed } from './observed.js';

/** A query, or a whole transaction, that is looking for its engine. */
export interface DispatchedQuery {
  /** What the rules look at. */
  readonly facts: QueryFacts;
  readonly classification: Classification;
  readonly context: Context;
  /** The engine that the Knex at hand itself names. */
  readonly knexEngine: EngineChoice | undefined;
  /** Whether it may run on another engine instead: not where the Knex, the connection or the transaction names one. */
  readonly movable: boolean;
  /** What the report is to know of it; undefined where nobody asks. */
  readonly observed?: Observed | undefined;
}

/** A query on its way to an engine. */
export interface Dispatched {
  readonly query: DispatchedQuery;
  readonly engine: Engine;
  /** The engine's when the query was dispatched; a promotion may change it meanwhile. */
  readonly role: EngineRole;
  /** Whether what it shows counts as seen by the context's client. */
  readonly tracked: boolean;
  /** The tables that it can touch, of a write that shows nothing else; undefined: it shows what it reads, or writes anything. */
  readonly touches: readonly string[] | undefined;
  /** Whether it may run on any slave that shows enough; else somebody has named its engine. */
  readonly isChosen: boolean;
  /** The run of the engine's server that it was meant for. */
  readonly startedAt: string | undefined;
  /** How old a slave's data may be; undefined: as old as it is. */
  readonly bound: Bound | undefined;
}

/** At once, or after a wait for a slave that is fresh enough. */
export type Dispatching = Dispatched | Promise<Dispatched>;

/** The same query where its engine is settled. */
export function settled(query: DispatchedQuery, consistency: Consistency): DispatchedQuery {
  return { ...query, facts: { ...query.facts, consistency }, movable: false };
}

/** A refusal is told to whoever waits for the engine: `.stream()` and `.transaction()` themselves never throw. */
export function refusedLater(dispatch: () => Dispatching): Dispatching {
  const dispatching = dispatchedOrRefused(dispatch);
  if (dispatching instanceof Promise) dispatching.catch(() => undefined); // it may be asked for only a moment later
  return dispatching;
}

function dispatchedOrRefused(dispatch: () => Dispatching): Dispatching {
  try {
    return dispatch();
  } catch (error) {
    return Promise.reject<Dispatched>(error);
  }
}
