import { describe, expect, it } from '@jest/globals';
import { clockAt } from '../clock-at.js';
import type { MasterBudgetOptions } from '../../../src/options/health-options.js';
import { resolveMasterBudget } from '../../../src/options/resolve-health-options.js';
import { MasterBudget } from '../../../src/routing/master-budget.js';

function budgetOf(options: MasterBudgetOptions) {
  const clock = { nowMs: 0 };
  const budget = new MasterBudget(
    resolveMasterBudget(options),
    clockAt(() => clock.nowMs),
  );
  /** How many of so many reads without a slave the master takes. */
  const taken = (reads: number) => {
    let onMaster = 0;
    for (let count = 0; count < reads; count++) {
      budget.read();
      if (budget.spend()) onMaster++;
    }
    return onMaster;
  };
  const balanced = (reads: number) => {
    for (let count = 0; count < reads; count++) budget.read();
  };
  return { clock, taken, balanced };
}

describe("the master's budget", () => {
  it('is without limit where none is configured', () => {
    expect(budgetOf({}).taken(10_000)).toBe(10_000);
  });

  it('is so many a second', () => {
    const { clock, taken } = budgetOf({ perSecond: 5 });
    expect(taken(100)).toBe(5);
    clock.nowMs = 1_000;
    expect(taken(100)).toBe(5);
    clock.nowMs = 1_200;
    expect(taken(100)).toBe(1);
  });

  it('of less than one a second lets one pass now and then', () => {
    const { clock, taken } = budgetOf({ perSecond: 0.5 });
    expect(taken(10)).toBe(1);
    clock.nowMs = 1_999;
    expect(taken(10)).toBe(0);
    clock.nowMs = 2_000;
    expect(taken(10)).toBe(1);
  });

  it.each([
    ['a share of 0', { share: 0 }],
    ['0 a second', { perSecond: 0 }],
  ])('of %s takes nothing over', (_what, options: MasterBudgetOptions) => {
    const { clock, taken } = budgetOf(options);
    let over = taken(100);
    clock.nowMs = 10_000;
    over += taken(100);
    expect(over).toBe(0);
  });

  it('is a share of all reads, those on slaves included', () => {
    const { taken, balanced } = budgetOf({ share: 0.25 });
    balanced(750);
    expect(taken(1_000)).toBe(437); // a quarter of 1750
    expect(taken(1_000)).toBe(250);
  });

  it('lets a few pass where there were hardly any reads', () => {
    expect(budgetOf({ share: 0.1 }).taken(5)).toBe(2);
  });

  it('is a share of the last seconds, not of all time', () => {
    const { clock, taken, balanced } = budgetOf({ share: 0.1 });
    balanced(100_000);
    for (clock.nowMs = 5_000; clock.nowMs <= 100_000; clock.nowMs += 5_000) balanced(1);
    expect(taken(100)).toBeLessThanOrEqual(11);
  });

  it('is the smaller one of both', () => {
    expect(budgetOf({ share: 0.5, perSecond: 5 }).taken(100)).toBe(5);
    expect(budgetOf({ share: 0.02, perSecond: 50 }).taken(100)).toBe(2);
  });
});
