import type { Knex } from 'knex';

export type EngineRole = 'master' | 'slave';

/** One database of the set, with the Knex that owns its connections. */
export class Engine {
  /** Queries sent and not yet answered, from this process; the session counts it up and down. */
  inFlight = 0;
  /** When its server was started, as the server says (`SERVER_RUN`); undefined until a connection has asked. */
  startedAt: string | undefined;

  constructor(
    readonly name: string,
    readonly role: EngineRole,
    readonly weight: number,
    readonly knex: Knex,
    /** One connection of its own for questions about the engine, so that a full pool can't hide how it is doing. */
    readonly probes: Knex,
  ) {}

  /**
   * Names the server as long as it runs. A slave that was restarted may show less than before, until it has replayed what
   * it had; so what was seen on it counts for this run of it only.
   */
  get place(): string | undefined {
    return this.placeAt(this.startedAt);
  }

  /** The same for another run of it. */
  placeAt(startedAt: string | undefined): string | undefined {
    return startedAt === undefined ? undefined : `${this.name}@${startedAt}`;
  }

  /** Connects again when it is next needed, after `destroy()`. */
  initialize(): void {
    for (const knex of [this.knex, this.probes]) if (!knex.client.pool) knex.initialize();
  }

  /** Closes all connections; both ends are tried, also where one fails. */
  async destroy(): Promise<void> {
    const results = await Promise.allSettled([this.probes.destroy(), this.knex.destroy()]);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }
}
