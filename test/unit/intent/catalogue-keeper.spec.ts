import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { clockAt } from '../clock-at.js';
import { CatalogueKeeper } from '../../../src/intent/catalogue-keeper.js';
import type { CatalogueRows } from '../../../src/intent/catalogue-rows.js';
import { rowsOf } from './known-catalogue.js';

/** A keeper whose readings end when the test says so, by a clock that the test sets. */
class Bench {
  nowMs = 0;
  /** How long the next readings take. */
  readingMs = 0;
  chance = 0;
  isUsed = true;
  asked = 0;
  changes = 0;
  counters = '0';
  fingerprint = '0';
  looks = 0;
  readonly warnings: string[] = [];
  readonly readings: { answer(rows?: CatalogueRows): void; fail(error: Error): void }[] = [];
  readonly keeper = new CatalogueKeeper({
    questions: {
      read: () =>
        new Promise((resolve, reject) => {
          const answer = (rows = rowsOf()) => {
            this.nowMs += this.readingMs;
            resolve(rows);
          };
          this.readings.push({ answer, fail: reject });
        }),
      counters: () => {
        this.asked++;
        return Promise.resolve(this.counters);
      },
      fingerprint: () => {
        this.looks++;
        return Promise.resolve(this.fingerprint);
      },
    },
    judge: () => 'safe',
    logger: { debug() {}, warn: (message) => this.warnings.push(message) },
    changed: () => this.changes++,
    clock: clockAt(() => this.nowMs),
    random: () => this.chance,
    isUsed: () => this.isUsed,
  });
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Answers each reading as it comes, until nothing is left to read. */
async function answerAll({ readings }: Bench, from = 0): Promise<void> {
  for (let at = from; ; at++) {
    await settled();
    const reading = readings[at];
    if (!reading) return;
    reading.answer();
  }
}

async function known(): Promise<Bench> {
  const bench = new Bench();
  void bench.keeper.refresh();
  await answerAll(bench);
  return bench;
}

describe('the keeper of the catalogue', () => {
  it('reads once for all who ask before it begins', async () => {
    const { keeper, readings } = new Bench();
    keeper.request();
    keeper.request();
    await settled();
    expect(readings).toHaveLength(1);
    readings[0]!.answer();
    await settled();
    expect(keeper.current()).toBeDefined();
    expect(readings).toHaveLength(1);
  });

  it('reads once more for who asks during a reading', async () => {
    const { keeper, readings } = new Bench();
    const all = Promise.all([keeper.refresh(), keeper.refresh(), keeper.refresh()]);
    await settled();
    readings[0]!.answer();
    await settled();
    expect(readings).toHaveLength(2);
    readings[1]!.answer();
    await all;
    expect(readings).toHaveLength(2);
  });

  it('doubts at once what DDL may have changed, until a reading that began after it', async () => {
    const bench = await known();
    const { keeper, readings } = bench;
    void keeper.refresh();
    await settled();
    keeper.invalidate();
    expect(keeper.current()?.isInDoubt).toBe(true);
    expect(bench.changes).toBe(2);
    readings[1]!.answer(rowsOf({ masterOnly: [['public', 'early']] }));
    await settled();
    expect(keeper.current()?.relation(undefined, 'early')).toBe('unsafe');
    expect(keeper.current()?.isInDoubt).toBe(true);
    readings[2]!.answer(rowsOf({ masterOnly: [['public', 'scratch']] }));
    await settled();
    expect(keeper.current()?.isInDoubt).toBe(false);
    expect(keeper.current()?.relation(undefined, 'scratch')).toBe('unsafe');
  });

  it('has what was decided in doubt decided anew also where nothing has changed', async () => {
    const bench = await known();
    bench.keeper.invalidate();
    await answerAll(bench, 1);
    expect(bench.keeper.current()?.isInDoubt).toBe(false);
    expect(bench.changes).toBe(3);
  });

  it('lets queries wait for a reading, and no longer than a second after it began', async () => {
    const bench = new Bench();
    const { keeper, readings } = bench;
    expect(keeper.awaited()).toBeUndefined();
    void keeper.refresh();
    const waiting = keeper.awaited();
    bench.nowMs = 1_000;
    expect(keeper.awaited()).toBeUndefined();
    await settled();
    readings[0]!.answer();
    await waiting;
    expect(keeper.current()).toBeDefined();
    await settled();
    expect(keeper.awaited()).toBeUndefined();
  });

  it('reads for something unknown at most once a second, and less and less often where nothing changes', async () => {
    const bench = new Bench();
    const { keeper, readings } = bench;
    const readAtMs: number[] = [];
    for (bench.nowMs = 0; bench.nowMs <= 10_000; bench.nowMs += 500) {
      const before = readings.length;
      keeper.request();
      await settled();
      if (readings.length > before) readAtMs.push(bench.nowMs);
      readings.at(-1)!.answer();
      await settled();
    }
    expect(readAtMs).toEqual([0, 1_000, 3_000, 7_000]);
    expect(bench.changes).toBe(1);
    bench.nowMs = 15_000;
    keeper.request();
    await settled();
    readings.at(-1)!.answer(rowsOf({ masterOnly: [['public', 'scratch']] }));
    await settled();
    expect(bench.changes).toBe(2);
    bench.nowMs = 16_000;
    keeper.request();
    await settled();
    expect(readings).toHaveLength(6);
  });

  it('goes on reading for something unknown at least once a minute', async () => {
    const bench = new Bench();
    for (bench.nowMs = 0; bench.nowMs <= 600_000; bench.nowMs += 1_000) {
      bench.keeper.request();
      await settled();
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
    await settled();
    readings[0]!.fail(new Error('no such host'));
    await first;
    expect(keeper.current()).toBeUndefined();
    expect(warnings).toEqual([expect.stringContaining('no such host')]);
    bench.nowMs = 500;
    keeper.request();
    await settled();
    expect(readings).toHaveLength(1);
    bench.nowMs = 1_000;
    keeper.request();
    await settled();
    readings[1]!.fail(new Error('no such host'));
    await settled();
    expect(warnings).toHaveLength(1);
    bench.nowMs = 2_000;
    keeper.request();
    await settled();
    readings[2]!.answer();
    await settled();
    expect(keeper.current()).toBeDefined();
  });

  it('neither reads nor warns once it is stopped', async () => {
    const { keeper, readings, warnings } = new Bench();
    const reading = keeper.refresh();
    await settled();
    keeper.stop();
    readings[0]!.fail(new Error('the connection is closed'));
    await reading;
    await keeper.refresh();
    keeper.request();
    keeper.invalidate();
    await settled();
    expect(readings).toHaveLength(1);
    expect(warnings).toEqual([]);
  });
});

describe('a change that somebody else has made', () => {
  beforeEach(() => void jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick'] }));
  afterEach(() => void jest.useRealTimers());

  async function pass(bench: Bench, seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      bench.nowMs += 1_000;
      jest.advanceTimersByTime(1_000);
      await settled();
    }
  }

  it('is noticed within a second where the counters tell', async () => {
    const bench = await known();
    await pass(bench, 1);
    bench.counters = '1';
    bench.fingerprint = '1';
    await pass(bench, 1);
    expect(bench.readings).toHaveLength(2);
  });

  it('is noticed within ten where they do not', async () => {
    const bench = await known();
    await pass(bench, 1);
    bench.fingerprint = '1';
    await pass(bench, 10);
    expect(bench.readings).toHaveLength(2);
    await answerAll(bench, 1);
    await pass(bench, 20);
    expect(bench.readings).toHaveLength(2);
  });

  it('is noticed at once where something that ran here may have made it', async () => {
    const bench = await known();
    bench.fingerprint = '1';
    bench.keeper.look();
    await settled();
    expect(bench.readings).toHaveLength(2);
    expect(bench.keeper.current()?.isInDoubt).toBe(false);
  });

  it('is read by the processes of a fleet at different times, so that they load one process of the master', async () => {
    const bench = new Bench();
    bench.readingMs = 50;
    void bench.keeper.refresh();
    await answerAll(bench);
    bench.chance = 0.5;
    await pass(bench, 1);
    bench.counters = '1';
    bench.fingerprint = '1';
    await pass(bench, 3);
    expect(bench.readings).toHaveLength(1);
    await pass(bench, 1); // after 2.5 s: half of a hundred readings
    expect(bench.readings).toHaveLength(2);
    await answerAll(bench, 1);
    bench.fingerprint = '2';
    bench.keeper.look();
    await pass(bench, 1);
    expect(bench.readings).toHaveLength(3); // what ran here is not put off
    await answerAll(bench, 2);
    await pass(bench, 1);
    bench.counters = '3';
    bench.fingerprint = '3';
    await pass(bench, 1);
    bench.keeper.look();
    await pass(bench, 1);
    expect(bench.readings).toHaveLength(4); // also where another's change is put off already
  });

  it('is looked for every ten seconds while no query comes, and within a second when they come again', async () => {
    const bench = await known();
    bench.isUsed = false;
    await pass(bench, 1);
    const before = bench.asked;
    await pass(bench, 20);
    expect(bench.asked).toBe(before + 2);
    bench.isUsed = true;
    await pass(bench, 1);
    expect(bench.asked).toBe(before + 3);
  });

  it('is none where sessions write to the catalogue for themselves', async () => {
    const bench = await known();
    for (let i = 0; i < 30; i++) {
      bench.counters = String(i);
      bench.keeper.look();
      await pass(bench, 1);
    }
    expect(bench.readings).toHaveLength(1);
    expect(bench.looks).toBeLessThanOrEqual(32);
    expect(bench.changes).toBe(1);
  });

  it('is looked for no more often than once a second, however much runs that may make it', async () => {
    const bench = await known();
    const before = bench.looks;
    for (let i = 0; i < 1_000; i++) {
      bench.keeper.look();
      await settled();
    }
    expect(bench.looks).toBe(before + 1);
    await pass(bench, 1);
    expect(bench.looks).toBe(before + 2);
  });

  it('is read by the next round where a reading failed, and while somebody is about to make it', async () => {
    const bench = await known();
    bench.fingerprint = '1';
    bench.keeper.look();
    await settled();
    bench.readings[1]!.fail(new Error('lock timeout'));
    await settled();
    await pass(bench, 1);
    expect(bench.readings).toHaveLength(3);
    bench.readings[2]!.answer(rowsOf({ locked: [['public', 'v']] }));
    await settled();
    expect(bench.keeper.current()?.relation(undefined, 'v')).toBe('awaited');
    await pass(bench, 1);
    expect(bench.readings).toHaveLength(4);
  });

  it('is not looked for any more once it is stopped', async () => {
    const bench = await known();
    bench.keeper.stop();
    bench.keeper.look();
    await pass(bench, 20);
    expect(bench.looks).toBe(1);
  });
});
