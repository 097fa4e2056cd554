import type { Knex } from 'knex';
import type { EngineChoice } from '../context/context.js';
import type { Ran } from '../context/context-storage.js';
import type { EngineRegistry } from '../engines/engine-registry.js';
import type { SessionMethods } from './session-methods.js';

/** The methods of a routed Knex as properties of another. */
export function methodProperties(methods: SessionMethods): PropertyDescriptorMap {
  return {
    usingEngine: { value: methods.usingEngine, configurable: true },
    explain: { value: methods.explain, configurable: true },
    markWrite: { value: methods.markWrite, configurable: true },
    bookmark: { value: methods.bookmark, configurable: true },
  };
}

/** A transaction's work, made to get its Knex with the methods of the one that it was begun on. */
export type WithMethods = (work: unknown) => unknown;

/**
 * One for each routed Knex. A transaction's Knex inherits the methods instead of having them: it is full, and four properties
 * more would have V8 copy all that it has into a table of twice the size, which takes a third of what Knex takes for a transaction.
 */
export function withMethodsOf(methods: SessionMethods, engines: EngineRegistry): WithMethods {
  let inherited: object | undefined;
  return (work) => {
    if (typeof work !== 'function') return work;
    return (trx: Knex.Transaction): unknown => {
      inherited ??= methodsOnTop(Object.getPrototypeOf(trx) as object, methods, engines);
      Object.setPrototypeOf(trx, inherited);
      return work(trx) as unknown;
    };
  };
}

/** Only what a transaction's `usingEngine` gives back differs from one to the next. */
function methodsOnTop(prototype: object, methods: SessionMethods, engines: EngineRegistry): object {
  function usingEngineOf(this: Knex) {
    return <Result>(engine: EngineChoice | null, inside?: () => Result): Knex | Ran<Result> => {
      if (inside) return methods.usingEngine(engine, inside);
      if (engine !== null) engines.assertChoice(engine, 'usingEngine()');
      return this;
    };
  }
  const usingEngine = { get: usingEngineOf, configurable: true };
  return Object.create(prototype, { ...methodProperties(methods), usingEngine }) as object;
}
