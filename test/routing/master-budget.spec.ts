import { describe, expect, it } from '@jest/globals';
import { resolveMasterBudget } from '../../src/options/resolve-health-options.js';
import { MasterBudget } from '../../src/routing/master-budget.js';

let nowMs = 0;
const budgetOf = (options: object) => new MasterBudget(resolveMasterBudget(options), () => nowMs);

describe('the master’s budget', () => {
  it('of no reads a second lets none through, not even the first', () => {
    const budget = budgetOf({ perSecond: 0 });
    expect(budget.spend()).toBe(false);
    nowMs += 60_000;
    expect(budget.spend()).toBe(false);
  });

  it('of less than one a second lets one through now and then', () => {
    const budget = budgetOf({ perSecond: 0.5 });
    expect([budget.spend(), budget.spend()]).toEqual([true, false]);
    nowMs += 2_000;
    expect([budget.spend(), budget.spend()]).toEqual([true, false]);
  });
});
