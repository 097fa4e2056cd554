import type { Balancer, BalancerName } from './balancer.js';
import { LeastBusyBalancer } from './least-busy.balancer.js';
import { RandomBalancer } from './random.balancer.js';
import { RoundRobinBalancer } from './round-robin.balancer.js';

const BALANCERS = {
  random: () => new RandomBalancer(),
  'round-robin': () => new RoundRobinBalancer(),
  'least-busy': () => new LeastBusyBalancer(),
} satisfies Record<BalancerName, () => Balancer>;

/** The balancer of an option: one of ours by name, or the user's own object as it is. */
export function createBalancer(option: BalancerName | Balancer): Balancer {
  return typeof option === 'string' ? BALANCERS[option]() : option;
}
