import {
  type ConsistencyClient,
  type ConsistencyDriver,
  ConsistencyStore,
  type RegisterReading,
} from '../../../src/testing/index.js';
import type { PlainEngines } from './plain-engines.js';

/** What a naive router keeps of one person, and how it chooses where that person reads. */
export interface NaiveSession {
  /** `'master'` or a slave's name. */
  readFrom(): string | Promise<string>;
  /** The person's write on the master is committed. */
  wrote?(): void | Promise<void>;
}

/** Clients of a router that people write themselves: writes go to the master, reads where `session` says. */
export function naiveDriver(engines: PlainEngines, session: () => NaiveSession): ConsistencyDriver {
  return {
    prepare: () => prepare(engines),
    client: () => new NaiveClient(engines, session()),
  };
}

async function prepare(engines: PlainEngines): Promise<void> {
  await new ConsistencyStore(engines.master).createTables();
  for (const slave of Object.values(engines.slaves)) {
    while (!(await new ConsistencyStore(slave).hasTables()));
  }
}

class NaiveClient implements ConsistencyClient {
  private readonly master: ConsistencyStore;

  constructor(
    private readonly engines: PlainEngines,
    private readonly session: NaiveSession,
  ) {
    this.master = new ConsistencyStore(engines.master);
  }

  write = (register: string, value: string) => this.onMaster((store) => store.write(register, value));
  append = (list: string, value: string) => this.onMaster((store) => store.append(list, value));
  read = (register: string) => this.onEngine((store) => store.read(register));
  readList = (list: string) => this.onEngine((store) => store.readList(list));

  /** One request: all of it reads where it began. */
  async readAll(registers: readonly string[]): Promise<RegisterReading[]> {
    const engine = await this.session.readFrom();
    const readings = await new ConsistencyStore(this.engines.named(engine)).readAll(registers);
    return readings.map((reading) => ({ ...reading, engine }));
  }

  private async onMaster<Answer>(work: (store: ConsistencyStore) => Promise<Answer>): Promise<Answer> {
    const answer = await work(this.master);
    await this.session.wrote?.();
    return { ...answer, engine: 'master' };
  }

  private async onEngine<Answer>(work: (store: ConsistencyStore) => Promise<Answer>): Promise<Answer> {
    const engine = await this.session.readFrom();
    const answer = await work(new ConsistencyStore(this.engines.named(engine)));
    return { ...answer, engine };
  }
}
