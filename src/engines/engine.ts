import type { Knex } from 'knex';

export type EngineRole = 'master' | 'slave';

/** One database of the set, with the Knex that owns its connections. */
export class Engine {
  /** Queries sent and not yet answered, from this process; the session counts it up and down. */
  inFlight = 0;

  constructor(
    readonly name: string,
    readonly role: EngineRole,
    readonly weight: number,
    readonly knex: Knex,
  ) {}
}
