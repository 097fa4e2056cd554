import type { BalancedSlave, Balancer, RandomSource } from './balancer.js';
import { WeightedChoice } from './weighted-choice.js';

/** Any slave, by weight. */
export class RandomBalancer implements Balancer {
  private readonly byWeight = new WeightedChoice();

  constructor(private readonly random: RandomSource = Math.random) {}

  choose<Slave extends BalancedSlave>(slaves: readonly Slave[]): Slave {
    return slaves[this.byWeight.indexAt(slaves, this.random())]!;
  }
}
