/** What a balancer sees of a slave. */
export interface BalancedSlave {
  readonly name: string;
  /** Above 0; 1 unless configured. */
  readonly weight: number;
  /** Queries sent and not yet answered, from this process. */
  readonly inFlight: number;
}

/** Chooses one of the slaves that may serve a read; `slaves` is never empty, and the same array until the set changes. */
export interface Balancer {
  choose<Slave extends BalancedSlave>(slaves: readonly Slave[]): Slave;
}

export const BALANCER_NAMES = ['random', 'round-robin', 'least-busy'] as const;
export type BalancerName = (typeof BALANCER_NAMES)[number];

/** A number from 0 up to, not including, 1. */
export type RandomSource = () => number;
