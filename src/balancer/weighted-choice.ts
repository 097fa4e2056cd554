import type { BalancedSlave } from './balancer.js';

/** Picks by weight in O(log n): running totals are added up once per set of slaves, which is an array of its own. */
export class WeightedChoice {
  private slaves: readonly BalancedSlave[] | undefined;
  private totals: number[] = [];

  /** Index of the slave that stands at `point` (from 0 up to 1) of the line of all weights. */
  indexAt(slaves: readonly BalancedSlave[], point: number): number {
    if (slaves !== this.slaves) this.addUp(slaves);
    const target = point * (this.totals.at(-1) ?? 0);
    let low = 0;
    let high = slaves.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.totals[middle] ?? 0) > target) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  private addUp(slaves: readonly BalancedSlave[]): void {
    let total = 0;
    this.totals = slaves.map((slave) => (total += slave.weight));
    this.slaves = slaves;
  }
}
