import { LRUCache } from 'lru-cache';
import type { BalancedSlave, Balancer, RandomSource } from './balancer.js';

/** More than a set has slaves at a time; names that discovery finds come and go. */
const MOST_NAMES = 1_000;

/** A slave's place in line. */
interface Turn {
  /** In the array that is chosen from. */
  index: number;
  /** When it is its turn, in turns of a slave of weight 1. */
  due: number;
}

/**
 * Each slave in turn, as often as its weight says and evenly spread: the one that is due first is chosen, and due again
 * after 1 / weight (earliest deadline first, as Envoy does it; O(log n)). The order is shuffled once, as in
 * django-multidb-router, so that processes started together don't all begin at the same slave.
 */
export class RoundRobinBalancer implements Balancer {
  private readonly turns = new LRUCache<string, Turn>({ max: MOST_NAMES });
  private slaves: readonly BalancedSlave[] | undefined;
  /** A heap, the first one due on top. */
  private line: Turn[] = [];
  /** When the last one chosen was due. */
  private now = 0;

  constructor(private readonly random: RandomSource = Math.random) {}

  choose<Slave extends BalancedSlave>(slaves: readonly Slave[]): Slave {
    if (slaves !== this.slaves) this.lineUp(slaves);
    const first = this.line[0]!;
    const next = slaves[first.index]!;
    this.now = first.due;
    first.due += 1 / next.weight;
    sink(this.line, 0);
    return next;
  }

  /** A slave that was away for a while has no turns to make up for. */
  private lineUp(slaves: readonly BalancedSlave[]): void {
    this.slaves = slaves;
    this.line = slaves.map(({ name, weight }, index) => {
      const { due } = this.turns.get(name) ?? { due: this.now + this.random() / weight };
      const turn = { index, due: Math.max(due, this.now) };
      this.turns.set(name, turn);
      return turn;
    });
    this.line.sort((one, other) => one.due - other.due); // what is sorted is a heap
  }
}

/** Moves the turn at `index` to where nobody below it is due before it. */
function sink(line: Turn[], index: number): void {
  const turn = line[index]!;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= line.length) break;
    if (child + 1 < line.length && line[child + 1]!.due < line[child]!.due) child++;
    if (line[child]!.due > turn.due) break; // the one that was chosen goes behind its equals
    line[index] = line[child]!;
    index = child;
  }
  line[index] = turn;
}
