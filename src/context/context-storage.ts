import { AsyncLocalStorage } from 'node:async_hooks';
import { type Context, type EngineChoice, NO_CONTEXT, nestContext } from './context.js';

/**
 * The current context of each set of engines, by the set's name. One storage for the process, since a decorator such as
 * `@UsingEngine` knows a set's name only; two routings of one name in one process share their contexts, so name them.
 */
const storage = new AsyncLocalStorage<Readonly<Record<string, Context>>>();

/** The context that a query started right here belongs to. */
export function currentContext(set: string): Context {
  const context = storage.getStore()?.[set] ?? NO_CONTEXT;
  return context.entered ?? context;
}

/** Whether what runs right here runs in this context already. */
export function isCurrent(set: string, context: Context): boolean {
  return storage.getStore()?.[set] === context;
}

/** Runs `work` at once, where some other work was begun. */
type RunThere = <Result>(work: () => Result) => Result;

/**
 * Runs what serves many and outlives the request that happens to begin it, such as a loop of questions to servers, in no
 * request's context: not in ours, nor in that of a tracer, which would count it to that request. Taken when this file is loaded.
 */
export const outsideContexts: RunThere = AsyncLocalStorage.snapshot();

/** Remembers all contexts of right here, others' too, for what comes by an event. */
export function thisContext(): RunThere {
  return AsyncLocalStorage.snapshot();
}

/** What `work` gives once it was run: a query that it returns was started, so it is a promise by then. */
export type Ran<Result> = Result extends PromiseLike<infer Value> ? Promise<Value> : Result;

/** Runs `work`, and all that it starts, in `context`. The only way to set one: it ends with the call. */
export function runInContext<Result>(set: string, context: Context, work: () => Result): Ran<Result> {
  return storage.run({ ...storage.getStore(), [set]: context }, () => started(work()) as Ran<Result>);
}

/** A query is lazy: left alone, it would run where it is awaited, outside. As Rails' `connected_to` does for relations. */
function started(result: unknown): unknown {
  if (result instanceof Promise || !isThenable(result)) return result;
  return new Promise((resolve, reject) => void result.then(resolve, reject));
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** Runs `work` with its reads on an engine; null lifts every force from outside. */
export function runOnEngine<Result>(
  set: string,
  engine: EngineChoice | null,
  work: () => Result,
): Ran<Result> {
  return runInContext(set, nestContext(currentContext(set), { scope: engine }), work);
}
