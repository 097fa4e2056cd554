import type { Knex } from 'knex';
import type { RunOptions } from '../../../src/context/run-options.js';
import type { DatabaseRouting } from '../../../src/database-routing.js';

/** A client whose pieces of work follow one another, each with the bookmark of the one before. */
export class SessionClient {
  bookmark: string | undefined;
  /** The decisions of the last piece of work: `slave1 bookmark`. */
  decisions: string[] = [];

  constructor(
    readonly routing: DatabaseRouting,
    private readonly options: RunOptions = {},
  ) {}

  job<Result>(work: (db: Knex) => Promise<Result>, options: RunOptions = {}): Promise<Result> {
    const { bookmark, routing } = this;
    const decisions: string[] = [];
    const given = bookmark === undefined ? {} : { bookmark };
    return routing.run({ ...this.options, ...options, ...given }, async () => {
      const listener = ({ engine, reason }: { engine: string; reason: string }) =>
        decisions.push(`${engine} ${reason}`);
      routing.events.on('decision', listener);
      try {
        return await work(routing.knex);
      } finally {
        routing.events.off('decision', listener);
        this.decisions = decisions;
        this.bookmark = await routing.bookmark();
      }
    });
  }

  write(title: string): Promise<unknown> {
    return this.job((db) => db('posts').insert({ title }));
  }

  /** All titles, in the order in which they were written. */
  read(options: RunOptions = {}): Promise<string[]> {
    return this.job((db) => titles(db), options);
  }
}

export function titles(db: Knex): Promise<string[]> {
  return db('posts').orderBy('id').pluck('title');
}
