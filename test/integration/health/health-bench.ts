import type { DatabaseRouting } from '../../../src/database-routing.js';
import type { EngineStateKind } from '../../../src/engines/engine-state.js';
import type { DatabaseRoutingOptions } from '../../../src/options/database-routing-options.js';
import type { HealthOptions } from '../../../src/options/health-options.js';
import { answeredBy } from '../knex/routing-bench.js';

/** Watched closely, so that tests need not wait; a busy machine's latency is no fault. */
export const CLOSELY: HealthOptions = { intervalMs: 100, timeoutMs: 800, slowStartMs: 200, slowMs: 500 };

export const preferring = (first: string): NonNullable<DatabaseRoutingOptions['balancer']> => ({
  choose: (slaves) => slaves.find(({ name }) => name === first) ?? slaves[0]!,
});

export function stateOf(routing: DatabaseRouting, name: string): EngineStateKind {
  return routing.engines.find(name)!.state.kind;
}

/** The states that engines go through from now on: `slave1 down`. */
export function changesOf(routing: DatabaseRouting): string[] {
  const changes: string[] = [];
  routing.events.on('engine', ({ engine, to }) => changes.push(`${engine} ${to.kind}`));
  return changes;
}

/** The engines from which queries were moved, from now on. */
export function retriesOf(routing: DatabaseRouting): string[] {
  const from: string[] = [];
  routing.events.on('retry', ({ engine }) => from.push(engine));
  return from;
}

/** People who read all the time, each in pieces of work of their own. */
export class Load {
  /** Who answered, in this order. */
  readonly answers: string[] = [];
  readonly failures: unknown[] = [];
  private isOver = false;
  private readonly readers: Promise<void>[];

  constructor(
    private readonly routing: DatabaseRouting,
    readers = 4,
  ) {
    this.readers = Array.from({ length: readers }, () => this.reads());
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.readers);
  }

  private async reads(): Promise<void> {
    while (!this.isOver) {
      try {
        this.answers.push(await this.routing.run(() => answeredBy(this.routing.knex)));
      } catch (error) {
        this.failures.push(error);
      }
    }
  }
}
