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

/** The work of a transaction, which gets a Knex with the methods of the one that it was begun on. */
export function workWithMethods(work: unknown, methods: SessionMethods, engines: EngineRegistry): unknown {
  if (typeof work !== 'function') return work;
  return (trx: Knex.Transaction): unknown => {
    const usingEngine = <Result>(engine: EngineChoice | null, inside?: () => Result): Knex | Ran<Result> => {
      if (inside) return methods.usingEngine(engine, inside);
      if (engine !== null) engines.assertChoice(engine, 'usingEngine()');
      return trx;
    };
    Object.defineProperties(trx, methodProperties({ ...methods, usingEngine } as SessionMethods));
    return work(trx) as unknown;
  };
}
