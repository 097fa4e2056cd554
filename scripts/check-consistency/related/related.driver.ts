import type { DatabaseRouting } from '../../../src/index.js';
import type {
  ConsistencyClient,
  ConsistencyDriver,
  ListReading,
  Written,
} from '../../../src/testing/index.js';
import type { RelatedStore } from './related-store.js';

/**
 * Clients whose jobs carry their bookmark on. `relaxesReads`: wrong on purpose, what jobs have read is not carried on, only what
 * they have written.
 */
export function relatedDriver(
  routing: DatabaseRouting,
  store: RelatedStore,
  relaxesReads: boolean,
): ConsistencyDriver {
  return {
    async prepare() {
      await store.createTables();
      const slaves = () => routing.engines.slaves.map(({ knex }) => knex.schema.hasTable('logs_3'));
      while (!(await Promise.all(slaves())).every(Boolean));
    },
    client: () => new RelatedClient(routing, store, relaxesReads),
  };
}

class RelatedClient implements ConsistencyClient {
  private bookmark: string | undefined;
  private reads = 0;

  constructor(
    private readonly routing: DatabaseRouting,
    private readonly store: RelatedStore,
    private readonly relaxesReads: boolean,
  ) {}

  write = (register: string, value: string) => this.job(() => this.store.write(register, value), true);
  read = (register: string) => this.job(() => this.readNext(register), !this.relaxesReads);
  readAll = (registers: readonly string[]) =>
    this.job(async () => {
      const readings = [];
      for (const register of registers) readings.push(await this.readNext(register));
      return readings;
    }, !this.relaxesReads);
  writeAndRead = (register: string, value: string) =>
    this.job(async () => {
      const written = await this.store.write(register, value);
      return { written, reading: await this.readNext(register) };
    }, true);

  append(): Promise<Written> {
    throw new Error('there are no lists');
  }

  readList(): Promise<ListReading> {
    throw new Error('there are no lists');
  }

  private readNext(register: string) {
    return this.store.read(register, this.reads++ % 2 === 0);
  }

  private job<Result>(work: () => Promise<Result>, isCarriedOn: boolean): Promise<Result> {
    return this.routing.run({ bookmark: this.bookmark }, async () => {
      try {
        return await work();
      } finally {
        const bookmark = await this.routing.bookmark();
        if (isCarriedOn) this.bookmark = bookmark ?? this.bookmark;
      }
    });
  }
}
