import type { BalancedSlave, Balancer, RandomSource } from './balancer.js';

/**
 * Each slave in turn, as often as its weight says and evenly spread (nginx's smooth weighted round robin). The order is
 * shuffled once, as in django-multidb-router, so that processes started together don't all begin at the same slave.
 */
export class RoundRobinBalancer implements Balancer {
  private readonly credits = new Map<string, number>();

  constructor(private readonly random: RandomSource = Math.random) {}

  choose<Slave extends BalancedSlave>(slaves: readonly Slave[]): Slave {
    let next = slaves[0]!;
    let highest = -Infinity;
    let total = 0;
    for (const slave of slaves) {
      const credit = this.creditOf(slave) + slave.weight;
      this.credits.set(slave.name, credit);
      total += slave.weight;
      if (credit > highest) [next, highest] = [slave, credit];
    }
    this.credits.set(next.name, highest - total);
    return next;
  }

  /** A slave starts with a fraction of one turn: it breaks ties for good, and that is the shuffle. */
  private creditOf(slave: BalancedSlave): number {
    return this.credits.get(slave.name) ?? (this.random() * slave.weight) / 2;
  }
}
