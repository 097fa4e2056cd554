import type { Engine } from '../engines/engine.js';

/** Why a query goes where it goes; the rules of docs/routing.md, in their order. */
export type Reason =
  | 'transaction'
  | 'write'
  | 'query'
  | 'scope'
  | 'master-param'
  | 'handler'
  | 'rule'
  | 'consistency'
  | 'wrote'
  | 'pin'
  | 'no-context'
  | 'bookmark'
  | 'balanced'
  | 'mode'
  | 'no-slave'
  | 'stale';

export interface Decision {
  readonly engine: Engine;
  readonly reason: Reason;
}

/** Goes on with a decision: at once where there was no wait for it. */
export function onceDecided<Result>(
  decided: Decision | Promise<Decision>,
  work: (decision: Decision) => Result | Promise<Result>,
): Result | Promise<Result> {
  return decided instanceof Promise ? decided.then(work) : work(decided);
}
