import { describe, expect, it } from '@jest/globals';
import { clockAt } from '../clock-at.js';
import { CatalogueKeeper } from '../../../src/intent/catalogue-keeper.js';
import type { CatalogueRows } from '../../../src/intent/catalogue-rows.js';
import { rowsOf } from './known-catalogue.js';

/** A keeper whose readings end when the test says so, by a clock that the test sets. */
class Bench {
  nowMs = 0;
  changes = 0;
  readonly warnings: string[] = [];
  readonly readings: { answer(rows?: CatalogueRows): void; fail(error: Error): void }[] = [];
  readonly keeper = new CatalogueKeeper({
    read: () =>
      new Promise((resolve, reject) => {
        this.readings.push({ answer: (rows = rowsOf()) => resolve(rows), fail: reject });
      }),
    judge: () => 'safe',
    logger: { debug() {}, warn: (message) => this.warnings.push(message) },
    changed: () => this.changes++,
    clock: clockAt(() => this.nowMs),
  });
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('the keeper of the catalogue', () => {
  it('reads once for all who ask before it begins', async () => {
    const { keeper, readings } = new Bench();
    keeper.request();
    keeper.request();
    expect(readings).toHaveLength(1);
    readings[0]!.answer();
    await settled();
    expect(keeper.current()).toBeDefined();
    expect(readings).toHaveLength(1);
  });

  it('reads once more for who asks during a reading, and gives nothing away until then', async () => {
    const { keeper, readings } = new Bench();
    const all = Promise.all([keeper.refresh(), keeper.refresh(), keeper.refresh()]);
    readings[0]!.answer();
    await settled();
    expect(keeper.current()).toBeUndefined();
    expect(readings).toHaveLength(2);
    readings[1]!.answer();
    await all;
    expect(keeper.current()).toBeDefined();
    expect(readings).toHaveLength(2);
  });

  it('forgets at once what DDL may have changed, remembers it as outdated, and discards a reading begun before', async () => {
    const bench = new Bench();
    const { keeper, readings } = bench;
    void keeper.refresh();
    readings[0]!.answer();
    await settled();
    const before = keeper.current();
    void keeper.refresh();
    keeper.invalidate();
    expect([keeper.current(), keeper.latest()]).toEqual([undefined, before]);
    expect(bench.changes).toBe(2);
    readings[1]!.answer();
    await settled();
    expect(keeper.current()).toBeUndefined();
    readings[2]!.answer(rowsOf({ masterOnly: [['public', 'scratch']] }));
    await settled();
    expect(keeper.latest()).toBe(keeper.current());
    expect(keeper.current()?.relation(undefined, 'scratch')).toBe('unsafe');
  });

  it('reads for something unknown at most once a second, and less and less often where nothing changes', async () => {
    const bench = new Bench();
    const { keeper, readings } = bench;
    const readAtMs: number[] = [];
    for (bench.nowMs = 0; bench.nowMs <= 10_000; bench.nowMs += 500) {
      const before = readings.length;
      keeper.request();
      if (readings.length > before) readAtMs.push(bench.nowMs);
      readings.at(-1)!.answer();
      await settled();
    }
    expect(readAtMs).toEqual([0, 1_000, 3_000, 7_000]);
    expect(bench.changes).toBe(1);
    bench.nowMs = 15_000;
    keeper.request();
    readings.at(-1)!.answer(rowsOf({ masterOnly: [['public', 'scratch']] }));
    await settled();
    expect(bench.changes).toBe(2);
    bench.nowMs = 16_000;
    keeper.request();
    expect(readings).toHaveLength(6);
  });

  it('goes on reading for something unknown at least once a minute', async () => {
    const bench = new Bench();
    for (bench.nowMs = 0; bench.nowMs <= 600_000; bench.nowMs += 1_000) {
      bench.keeper.request();
      bench.readings.at(-1)!.answer();
      await settled();
    }
    expect(bench.readings.length).toBeGreaterThanOrEqual(14);
    expect(bench.readings.length).toBeLessThanOrEqual(16);
  });

  it('warns where it can not read, and tries again when it is asked', async () => {
    const bench = new Bench();
    const { keeper, readings, warnings } = bench;
    const first = keeper.refresh();
    readings[0]!.fail(new Error('no such host'));
    await first;
    expect(keeper.current()).toBeUndefined();
    expect(warnings).toEqual([expect.stringContaining('no such host')]);
    bench.nowMs = 500;
    keeper.request();
    expect(readings).toHaveLength(1);
    bench.nowMs = 1_000;
    keeper.request();
    readings[1]!.fail(new Error('no such host'));
    await settled();
    expect(warnings).toHaveLength(1);
    bench.nowMs = 2_000;
    keeper.request();
    readings[2]!.answer();
    await settled();
    expect(keeper.current()).toBeDefined();
  });

  it('neither reads nor warns once it is stopped', async () => {
    const { keeper, readings, warnings } = new Bench();
    const reading = keeper.refresh();
    keeper.stop();
    readings[0]!.fail(new Error('the connection is closed'));
    await reading;
    await keeper.refresh();
    keeper.request();
    keeper.invalidate();
    expect(readings).toHaveLength(1);
    expect(warnings).toEqual([]);
  });
});
