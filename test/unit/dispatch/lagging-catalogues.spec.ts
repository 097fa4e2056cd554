import knex from 'knex';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { EngineRegistry } from '../../../src/engines/engine-registry.js';
import { LaggingCatalogues } from '../../../src/dispatch/lagging-catalogues.js';
import type { Attempt } from '../../../src/dispatch/retries.js';
import { TokenBucket } from '../../../src/health/token-bucket.js';
import { clockAt } from '../clock-at.js';
import { stubEngine } from '../engines/stub-engine.js';

const master = stubEngine('master', 'master', { probes: {} as never });
const slave = stubEngine('slave1');
const READ: Attempt = { engine: slave, role: 'slave', isRead: true, movable: true };
const db = knex({ client: 'pg' });
const builder = (sql: string) => db.raw(sql);
const MISSED = { code: '42703', position: '8' };

let asked: number;
let isAnswering: boolean;
let known: Record<'master' | 'slave', string | undefined>;
let refreshed: number;
let lagging: LaggingCatalogues;
let answer: () => void;

beforeEach(() => {
  asked = refreshed = 0;
  isAnswering = true;
  known = { master: 'row', slave: undefined };
  const answered = new Promise<void>((resolve) => (answer = resolve));
  lagging = new LaggingCatalogues({
    engines: { master } as EngineRegistry,
    decider: {} as never,
    classifier: {
      tablesOf: () => ({ names: ['posts'], areAll: true }),
      catalogueChanged() {},
      catalogueMayHaveChanged: () => void refreshed++,
    },
    freshness: undefined,
    async askName(server) {
      const ofMaster = server === master.probes;
      if (ofMaster) asked++;
      await answered;
      if (!isAnswering) throw new Error('timed out');
      return ofMaster ? known.master : known.slave;
    },
    budget: new TokenBucket(
      3,
      1,
      clockAt(() => 0),
    ),
  });
});

describe('a name that a slave misses', () => {
  const ask = (sql = 'select added') => lagging.of(READ, builder(sql), MISSED);

  it.each<[string | undefined, string | undefined, string, number]>([
    ['row', undefined, 'behind', 1],
    ['row', 'older row', 'behind', 1],
    ['row', 'row', 'caught-up', 1],
    [undefined, undefined, 'no', 0],
    [undefined, 'dropped', 'no', 0],
  ])('where the master says %s and the slave %s: %s', async (ofMaster, ofSlave, expected, readAnew) => {
    known = { master: ofMaster, slave: ofSlave };
    answer();
    expect(await ask()).toBe(expected);
    expect(refreshed).toBe(readAnew);
  });

  it('is asked for once by all who miss it at the same time', async () => {
    const all = Promise.all(Array.from({ length: 100 }, () => ask()));
    answer();
    expect(new Set(await all)).toEqual(new Set(['behind']));
    expect(asked).toBe(1);
  });

  it('is asked for no more often than the budget allows', async () => {
    answer();
    const names = ['a', 'b', 'c', 'd', 'e'];
    const answers = [];
    for (const name of names) answers.push(await ask(`select ${name}`));
    expect(answers).toEqual(['behind', 'behind', 'behind', 'no', 'no']);
    expect(asked).toBe(3);
  });

  it('is the query’s own error where the master can not be asked', async () => {
    isAnswering = false;
    answer();
    expect(await ask()).toBe('no');
  });

  it('is not asked for where the query is no proved read, or may not move', async () => {
    answer();
    expect(await lagging.of({ ...READ, isRead: false }, builder('select added'), MISSED)).toBe('no');
    expect(await lagging.of({ ...READ, movable: false }, builder('select added'), MISSED)).toBe('no');
    expect(asked).toBe(0);
  });
});
