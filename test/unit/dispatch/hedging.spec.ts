import { describe, expect, it } from '@jest/globals';
import type { Clock } from '../../../src/clock.js';
import { HedgeBudget } from '../../../src/dispatch/hedge-budget.js';
import { type ReadUnderWay, ReadsUnderWay } from '../../../src/dispatch/reads-under-way.js';
import { SlowTexts } from '../../../src/dispatch/slow-texts.js';
import { UsualTime } from '../../../src/dispatch/usual-time.js';

/** Time that stands until it is turned. */
class SimulatedClock implements Clock {
  private atMs = 0;
  private readonly timers = new Map<() => void, number>();
  nowMs = () => this.atMs;
  wallMs = () => this.atMs;

  get waiting(): number {
    return this.timers.size;
  }

  after(ms: number, work: () => void) {
    const own = () => work();
    this.timers.set(own, this.atMs + ms);
    return { cancel: () => void this.timers.delete(own), unref() {} };
  }

  turn(ms: number): void {
    const endMs = this.atMs + ms;
    for (;;) {
      const [next] = [...this.timers].filter(([, atMs]) => atMs <= endMs).toSorted(([, a], [, b]) => a - b);
      if (!next) break;
      this.timers.delete(next[0]);
      this.atMs = Math.max(this.atMs, next[1]);
      next[0]();
    }
    this.atMs = endMs;
  }
}

describe('the usual time of a slave', () => {
  const times = (...all: readonly (readonly [count: number, ms: number])[]) => {
    const usual = new UsualTime();
    for (const [count, ms] of all) for (let n = 0; n < count; n++) usual.add(ms);
    return usual.p99Ms;
  };

  it('is not known of fewer than 30 reads, and is the slowest of fewer than 100', () => {
    expect(times([29, 1])).toBeUndefined();
    expect(times([29, 1], [1, 200])).toBeGreaterThanOrEqual(200);
  });

  it('is what 99 of 100 take, to a fifth', () => {
    for (const ms of [0.3, 1, 7, 300, 20_000]) {
      const p99 = times([985, ms], [5, 60_000])!;
      expect(p99).toBeGreaterThanOrEqual(ms);
      expect(p99).toBeLessThan(1.2 * ms);
    }
    expect(times([970, 1], [30, 400])).toBeGreaterThanOrEqual(400);
  });

  it('takes what is very short or very long too', () => {
    expect(times([100, 0])).toBeLessThanOrEqual(0.1);
    expect(times([100, 1e9])).toBeGreaterThan(60_000);
  });

  it('forgets how it was before', () => {
    expect(times([10_000, 500], [12_000, 2])).toBeLessThan(3);
  });
});

describe('the budget of second reads', () => {
  it('allows 100 at once, and two for each 100 reads after that', () => {
    const budget = new HedgeBudget();
    const spent = () => {
      let count = 0;
      for (; !budget.isEmpty; count++) budget.spend();
      return count;
    };
    expect(spent()).toBe(100);
    for (let n = 0; n < 1_000; n++) budget.earn();
    expect(spent()).toBeGreaterThanOrEqual(19);
    for (let n = 0; n < 100_000; n++) budget.earn();
    expect(spent()).toBeLessThanOrEqual(101);
  });
});

describe('texts that are slow on any slave', () => {
  it.each([
    ['both took long', [400, 500], true],
    ['the second one was much faster', [1_500, 12], false],
    ['both were in time', [3, 4], false],
  ] as const)('%s: %p is %p', (_what, tookMs, isSlow) => {
    const clock = new SimulatedClock();
    const slow = new SlowTexts(clock);
    slow.answered('select 1', tookMs, 5);
    expect(slow.has('select 1')).toBe(isSlow);
    clock.turn(60_001);
    expect(slow.has('select 1')).toBe(false);
  });
});

describe('reads under way', () => {
  const clock = new SimulatedClock();
  const read = (late: string[], name: string): ReadUnderWay => ({
    sinceMs: 0,
    isUnderWay: false,
    before: undefined,
    after: undefined,
    isLate: () => void late.push(name),
  });

  /** A slave whose reads take 2 ms. */
  const usual = () => {
    const underWay = new ReadsUnderWay(clock);
    for (let n = 0; n < 100; n++) {
      const one = read([], 'early');
      underWay.begins(one);
      clock.turn(2);
      underWay.answered(one);
    }
    clock.turn(100);
    return underWay;
  };

  it('are never late before the usual time is known', () => {
    const late: string[] = [];
    const underWay = new ReadsUnderWay(clock);
    underWay.begins(read(late, 'a'));
    clock.turn(60_000);
    expect(late).toEqual([]);
  });

  it('are late once, in the order in which they began, when they take longer than usual', () => {
    const late: string[] = [];
    const underWay = usual();
    underWay.begins(read(late, 'a'));
    clock.turn(2);
    underWay.begins(read(late, 'b'));
    clock.turn(2.9);
    expect(late).toEqual([]);
    clock.turn(2);
    expect(late).toEqual(['a']);
    clock.turn(2);
    expect(late).toEqual(['a', 'b']);
    clock.turn(1_000);
    expect(late).toEqual(['a', 'b']);
  });

  it('are not late when they were answered, or given up, wherever they stand in the line', () => {
    const late: string[] = [];
    const underWay = usual();
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => read(late, name)) as [
      ReadUnderWay,
      ReadUnderWay,
      ReadUnderWay,
      ReadUnderWay,
    ];
    for (const one of [a, b, c, d]) underWay.begins(one);
    underWay.answered(b);
    underWay.leaves(d);
    underWay.leaves(d);
    underWay.leaves(a);
    clock.turn(100);
    expect(late).toEqual(['c']);
  });

  it('are heard first where their answers came while this process was busy', () => {
    const late: string[] = [];
    const underWay = usual();
    const one = read(late, 'a');
    underWay.begins(one);
    clock.turn(5); // the timer has found it late, and gives the answer a turn of the loop
    underWay.answered(one);
    clock.turn(100);
    expect(late).toEqual([]);
  });

  it('do not tell the usual time where they waited for a connection', () => {
    const underWay = new ReadsUnderWay(clock);
    for (let n = 0; n < 200; n++) {
      const one = read([], 'a');
      underWay.begins(one);
      clock.turn(n < 100 ? 300 : 2);
      underWay.answered(one, n >= 100);
    }
    expect(underWay.lateMs).toBe(5);
  });

  it('have no timer while there are none', () => {
    const underWay = usual();
    const before = clock.waiting;
    const one = read([], 'a');
    underWay.begins(one);
    expect(clock.waiting).toBe(before + 1);
    underWay.answered(one);
    clock.turn(100);
    expect(clock.waiting).toBe(before);
  });
});
