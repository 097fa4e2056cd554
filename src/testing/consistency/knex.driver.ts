import { setTimeout as sleepMs } from 'node:timers/promises';
import type { Knex } from 'knex';
import type { RunOptions } from '../../context/run-options.js';
import type { DatabaseRouting } from '../../database-routing.js';
import type { ConsistencyClient, ConsistencyDriver } from './consistency-driver.js';
import { ConsistencyStore } from './consistency-store.js';

/** How long the first check on a database waits for the slaves to show the new tables. */
const TABLES_TIMEOUT_MS = 30_000;

/**
 * Clients of the routed Knex in this process. Each call is a job of its own, `routing.run({ bookmark }, work)`, with the
 * bookmark that `routing.bookmark()` gave at the end of the client's last one. `run`: what else each `run` is given.
 */
export function knexDriver(routing: DatabaseRouting, run: RunOptions = {}): ConsistencyDriver {
  return {
    prepare: () => prepare(routing),
    client: () => new KnexClient(routing, run),
  };
}

async function prepare(routing: DatabaseRouting): Promise<void> {
  await routing.ready();
  await new ConsistencyStore(routing.knex).createTables();
  await Promise.all(routing.engines.slaves.map(({ knex }) => tablesOn(knex)));
}

/** Gives up after a while: on a slave that is down, reads fail and are counted. */
async function tablesOn(slave: Knex): Promise<void> {
  const store = new ConsistencyStore(slave);
  const deadline = performance.now() + TABLES_TIMEOUT_MS;
  while (!(await store.hasTables().catch(() => false)) && performance.now() < deadline) await sleepMs(50);
}

class KnexClient implements ConsistencyClient {
  private readonly store: ConsistencyStore;
  private bookmark: string | undefined;

  constructor(
    private readonly routing: DatabaseRouting,
    private readonly options: RunOptions,
  ) {
    this.store = new ConsistencyStore(routing.knex);
  }

  write = (register: string, value: string) => this.job(() => this.store.write(register, value));
  append = (list: string, value: string) => this.job(() => this.store.append(list, value));
  read = (register: string) => this.job(() => this.store.read(register));
  readList = (list: string) => this.job(() => this.store.readList(list));
  readAll = (registers: readonly string[]) => this.job(() => this.store.readAll(registers));
  writeAndRead = (register: string, value: string) =>
    this.job(async () => ({
      written: await this.store.write(register, value),
      reading: await this.store.read(register),
    }));

  private job<Result>(work: () => Promise<Result>): Promise<Result> {
    const options = { ...this.options, bookmark: this.bookmark };
    return this.routing.run(options, async () => {
      try {
        return await work();
      } finally {
        this.bookmark = (await this.routing.bookmark()) ?? this.bookmark;
      }
    });
  }
}
