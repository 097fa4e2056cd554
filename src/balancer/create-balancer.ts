import type { Balancer, BalancerName, RandomSource } from './balancer.js';
import { LeastBusyBalancer } from './least-busy.balancer.js';
import { RandomBalancer } from './random.balancer.js';
import { RoundRobinBalancer } from './round-robin.balancer.js';

const BALANCERS = {
  random: (random) => new RandomBalancer(random),
  'round-robin': (random) => new RoundRobinBalancer(random),
  'least-busy': (random) => new LeastBusyBalancer(random),
} satisfies Record<BalancerName, (random: RandomSource) => Balancer>;

/** The balancer of an option: one of ours by name, or the user's own object as it is. */
export function createBalancer(option: BalancerName | Balancer, random: RandomSource): Balancer {
  return typeof option === 'string' ? BALANCERS[option](random) : option;
}
