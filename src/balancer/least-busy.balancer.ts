import type { BalancedSlave, Balancer, RandomSource } from './balancer.js';
import { WeightedChoice } from './weighted-choice.js';

/**
 * Of two random slaves the one with fewer queries in flight for its weight. Two choices come close to looking at all of
 * them, without the herd that runs to the least busy one (Mitzenmacher, "The Power of Two Choices").
 */
export class LeastBusyBalancer implements Balancer {
  private readonly byWeight = new WeightedChoice();

  constructor(private readonly random: RandomSource = Math.random) {}

  choose<Slave extends BalancedSlave>(slaves: readonly Slave[]): Slave {
    const first = this.byWeight.indexAt(slaves, this.random());
    const second = this.another(slaves, first);
    return load(slaves[second]!) < load(slaves[first]!) ? slaves[second]! : slaves[first]!;
  }

  private another(slaves: readonly BalancedSlave[], first: number): number {
    const second = this.byWeight.indexAt(slaves, this.random());
    return second === first ? (first + 1) % slaves.length : second;
  }
}

/** Without the query to come, so that idle slaves are equal and the first choice, made by weight, stands. */
function load(slave: BalancedSlave): number {
  return slave.inFlight / slave.weight;
}
