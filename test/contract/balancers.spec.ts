import { describe, expect, it } from '@jest/globals';
import type { BalancedSlave, Balancer, RandomSource } from '../../src/balancer/balancer.js';
import { createBalancer } from '../../src/balancer/create-balancer.js';
import { LeastBusyBalancer } from '../../src/balancer/least-busy.balancer.js';
import { RandomBalancer } from '../../src/balancer/random.balancer.js';
import { RoundRobinBalancer } from '../../src/balancer/round-robin.balancer.js';

/** Numerical Recipes' generator: the same numbers in each run. */
function seeded(seed: number): RandomSource {
  let state = seed;
  return () => (state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32) / 2 ** 32;
}

const slave = (name: string, weight = 1, inFlight = 0): BalancedSlave => ({ name, weight, inFlight });

function shares(
  balancer: Balancer,
  slaves: readonly BalancedSlave[],
  rounds = 10_000,
): Record<string, number> {
  const counts = Object.fromEntries(slaves.map(({ name }) => [name, 0]));
  for (let n = 0; n < rounds; n++) counts[balancer.choose(slaves).name]! += 1;
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, count / rounds]));
}

const BALANCERS: Record<string, (random: RandomSource) => Balancer> = {
  random: (random) => new RandomBalancer(random),
  'round-robin': (random) => new RoundRobinBalancer(random),
  'least-busy': (random) => new LeastBusyBalancer(random),
};

describe.each(Object.entries(BALANCERS))('the balancer %s', (name, create) => {
  const balancer = (seed = 7) => create(seeded(seed));

  it('is made by its name', () => {
    expect(createBalancer(name as 'random', Math.random)).toBeInstanceOf(create(Math.random).constructor);
  });

  it('chooses one of those it was given', () => {
    const slaves = [slave('a'), slave('b', 3), slave('c', 0.5)];
    const one = balancer();
    for (let n = 0; n < 1000; n++) expect(slaves).toContain(one.choose(slaves));
  });

  it('chooses the only one there is', () => {
    const only = [slave('a', 2, 50)];
    const one = balancer();
    expect([one.choose(only), one.choose(only)]).toEqual([only[0], only[0]]);
  });

  it.each([
    [{ a: 1, b: 1 }],
    [{ a: 1, b: 2 }],
    [{ a: 1, b: 2, c: 3 }],
    [{ a: 0.5, b: 0.25 }],
    [{ a: 10, b: 1 }],
    [{ a: 1, b: 1, c: 1, d: 5 }],
  ])('holds the weights %p within 0.15', (weights: Record<string, number>) => {
    const slaves = Object.entries(weights).map(([one, weight]) => slave(one, weight));
    const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
    for (const seed of [1, 2, 3]) {
      for (const [one, share] of Object.entries(shares(balancer(seed), slaves))) {
        const due = (weights[one] ?? 0) / total;
        expect(Math.abs(share - due) / due).toBeLessThan(0.15);
      }
    }
  });

  it('does without a slave that leaves, and shares again when it comes back', () => {
    const [a, b, c] = [slave('a'), slave('b'), slave('c')];
    const one = balancer();
    const all = [a, b, c] as const;
    shares(one, all);
    expect(shares(one, [a, c])).toEqual({ a: expect.closeTo(0.5, 1), c: expect.closeTo(0.5, 1) });
    const back = shares(one, [a, b, c], 30);
    expect(back['b']).toBeGreaterThan(0.1);
    expect(back['b']).toBeLessThan(0.6);
    for (const share of Object.values(shares(one, [a, b, c]))) expect(share).toBeCloseTo(1 / 3, 1);
  });

  it('does not always begin with the same', () => {
    const slaves = [slave('a'), slave('b'), slave('c')];
    const firsts = Array.from({ length: 60 }, (_, seed) => balancer(seed * 7919).choose(slaves).name);
    expect(new Set(firsts)).toEqual(new Set(['a', 'b', 'c']));
  });
});

describe('round robin over a list shuffled once at start', () => {
  it('takes each in turn, in one order for good', () => {
    const slaves = [slave('a'), slave('b'), slave('c'), slave('d')];
    for (const seed of [1, 2, 3, 4]) {
      const balancer = new RoundRobinBalancer(seeded(seed));
      const order = Array.from({ length: 4 }, () => balancer.choose(slaves).name);
      expect(new Set(order).size).toBe(4);
      const next = Array.from({ length: 40 }, () => balancer.choose(slaves).name);
      expect(next).toEqual(Array.from({ length: 10 }, () => order).flat());
    }
  });

  it('shuffles differently from process to process', () => {
    const slaves = [slave('a'), slave('b'), slave('c')];
    const orders = Array.from({ length: 40 }, (_, seed) => {
      const balancer = new RoundRobinBalancer(seeded(seed * 104_729));
      return slaves.map(() => balancer.choose(slaves).name).join('');
    });
    expect(new Set(orders).size).toBeGreaterThan(3);
  });

  it('has no turns to make up for who was away', () => {
    const [a, b, c] = [slave('a'), slave('b'), slave('c')];
    const balancer = new RoundRobinBalancer(seeded(6));
    for (const slaves of [
      [a, b, c],
      [a, b],
    ])
      for (let n = 0; n < 100; n++) balancer.choose(slaves);
    const all = [a, b, c];
    const turns = Array.from({ length: 9 }, () => balancer.choose(all).name);
    expect(turns.filter((name) => name === 'c').length).toBeLessThanOrEqual(4);
  });

  it('spreads the turns of a heavy slave', () => {
    const slaves = [slave('heavy', 3), slave('b'), slave('c')];
    const balancer = new RoundRobinBalancer(seeded(5));
    const turns = Array.from({ length: 50 }, () => balancer.choose(slaves).name).join(' ');
    expect(turns.split(' ').filter((name) => name === 'heavy')).toHaveLength(30);
    expect(turns).not.toContain('heavy heavy heavy');
  });
});

describe('least-busy', () => {
  it('prefers the one with fewer queries in flight', () => {
    const slaves = [slave('busy', 1, 5), slave('idle', 1, 0)];
    expect(shares(new LeastBusyBalancer(seeded(1)), slaves)).toEqual({ busy: 0, idle: 1 });
  });

  it('counts queries against the weight', () => {
    const slaves = [slave('heavy', 4, 4), slave('light', 1, 2)];
    expect(shares(new LeastBusyBalancer(seeded(1)), slaves)).toEqual({ heavy: 1, light: 0 });
  });

  it('of three takes the busiest never, and the others by two random choices', () => {
    const slaves = [slave('busy', 1, 9), slave('b', 1, 1), slave('c', 1, 1)];
    const found = shares(new LeastBusyBalancer(seeded(3)), slaves);
    expect(found['busy']).toBe(0);
    for (const name of ['b', 'c']) expect(found[name]).toBeGreaterThan(0.4);
  });

  it('looks at the queries in flight at the moment of the choice', () => {
    const [a, b] = [{ ...slave('a') }, { ...slave('b') }];
    const slaves = [a, b];
    const balancer = new LeastBusyBalancer(seeded(2));
    for (let n = 0; n < 100; n++) balancer.choose(slaves).inFlight += 1;
    expect(Math.abs(a.inFlight - b.inFlight)).toBeLessThanOrEqual(1);
  });
});

describe("a user's own balancer", () => {
  it('is used as it is, with its state and its `this`', () => {
    class Second implements Balancer {
      readonly index = 1;
      choose<Slave extends BalancedSlave>(slaves: readonly Slave[]): Slave {
        return slaves[this.index]!;
      }
    }
    const own = new Second();
    expect(createBalancer(own, Math.random)).toBe(own);
    expect(createBalancer(own, Math.random).choose([slave('a'), slave('b')]).name).toBe('b');
  });
});
