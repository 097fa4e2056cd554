import { describe, expect, it } from '@jest/globals';
import { type Knex } from 'knex';
import type { EngineRegistry } from '../../../src/engines/engine-registry.js';
import type { SessionMethods } from '../../../src/knex/session-methods.js';
import { withMethodsOf } from '../../../src/knex/transaction-methods.js';

type Trx = Knex.Transaction;

const asked: string[] = [];
const engines = { assertChoice: (name: string) => void asked.push(name) } as unknown as EngineRegistry;
const methods = {
  usingEngine: (engine: string, work: () => unknown) => [engine, work()],
  explain: () => 'explained',
  markWrite: () => undefined,
  bookmark: async () => 'bookmark',
} as unknown as SessionMethods;

const begin = withMethodsOf(methods, engines);

/** As Knex runs a transaction's work. */
function started(): Trx {
  const trx = Object.assign(() => undefined, { isTransaction: true });
  const work = begin((given: Trx) => given) as (given: unknown) => Trx;
  return work(trx);
}

describe('the methods of a routed Knex on the Knex of a transaction', () => {
  it('are inherited, as a property more on each would have V8 copy all that Knex has put there', () => {
    const trx = started();
    expect(Object.getOwnPropertyNames(trx).filter((name) => name in methods)).toEqual([]);
    expect(Object.getPrototypeOf(trx)).toBe(Object.getPrototypeOf(started()));
    expect(trx).toBeInstanceOf(Function);
    expect(trx.isTransaction).toBe(true);
    expect(trx.explain).toBe(methods.explain);
    expect([trx.markWrite, trx.bookmark]).toEqual([methods.markWrite, methods.bookmark]);
    expect(Object.keys(trx)).toEqual(['isTransaction']);
  });

  it('give each transaction itself for an engine, also by a method that was taken from it', () => {
    const [one, other] = [started(), started()];
    const { usingEngine } = one;
    expect([
      usingEngine('slave1') === (one as Knex),
      other.usingEngine('master') === (other as Knex),
    ]).toEqual([true, true]);
    expect(asked).toEqual(['slave1', 'master']);
    expect(one.usingEngine('slave1', () => 'inside')).toEqual(['slave1', 'inside']);
  });

  it('leave alone what is no work', () => {
    expect(begin(undefined)).toBeUndefined();
  });
});
