import { createDatabaseRouting } from '../../../src/create-database-routing.js';
import type { DatabaseRouting } from '../../../src/database-routing.js';
import type { DatabaseRoutingOptions } from '../../../src/options/database-routing-options.js';
import type { HealthOptions } from '../../../src/options/health-options.js';
import type { Knex } from 'knex';
import { type ReplicatedPostgres, startReplicatedPostgres } from '../../../src/testing/index.js';

const SILENT: Knex.Logger = { warn() {}, error() {}, deprecate() {}, debug() {} };

/** On a busy machine probes may take long, on every engine: tests that don't mean it should not lose a slave by that. */
export const UNHURRIED: HealthOptions = { slowMs: 10_000, timeoutMs: 10_000 };

/**
 * A replication with `posts`, a view in which each server says its name, views that take long, and routings that are
 * closed at the end.
 */
export class RoutingBench {
  private readonly routings: DatabaseRouting[] = [];

  private constructor(readonly db: ReplicatedPostgres) {}

  static async start(slaves = 2): Promise<RoutingBench> {
    const db = await startReplicatedPostgres({ slaves, settings: { max_connections: 200 } });
    await db.master.query('CREATE TABLE posts (id serial PRIMARY KEY, title text NOT NULL)');
    await db.master.query(
      `CREATE VIEW server AS SELECT split_part(current_setting('cluster_name'), '.', 2) AS name, pg_backend_pid() AS pid`,
    );
    await db.master.query(
      'CREATE VIEW server_and_posts AS SELECT name FROM server WHERE NOT EXISTS (SELECT FROM posts WHERE id < 0)',
    );
    await db.master.query('CREATE VIEW slow AS SELECT 1 AS one FROM pg_sleep(30)');
    await db.master.query('CREATE VIEW many AS SELECT n FROM generate_series(1, 100000) n');
    await db.caughtUp();
    return new RoutingBench(db);
  }

  /** `asked`: whether its engines have answered before it is used, as a Nest app's have. */
  async routing(
    options: Partial<DatabaseRoutingOptions> = {},
    { asked = true }: { asked?: boolean } = {},
  ): Promise<DatabaseRouting> {
    const master = { connection: this.db.master.connection };
    const routing = createDatabaseRouting({
      client: 'pg',
      log: SILENT,
      master,
      slaves: this.slaves(),
      health: UNHURRIED,
      hedge: false, // on a busy machine a read is late now and then, and answered by another slave than a test expects
      ...options,
    });
    this.routings.push(routing);
    routing.events.setMaxListeners(0);
    await routing.ready();
    if (asked) await routing.asked();
    return routing;
  }

  slaves(): Record<string, { connection: Knex.StaticConnectionConfig }> {
    return Object.fromEntries(
      Object.values(this.db.slaves).map(({ name, connection }) => [name, { connection }]),
    );
  }

  async stop(): Promise<void> {
    await Promise.allSettled(this.routings.map((routing) => routing.destroy()));
    await this.db.stop();
  }
}

/** A read that says which server has answered it. */
export function answeredBy(knex: Knex): Promise<string> {
  return knex('server')
    .first<{ name: string }>('name')
    .then(({ name }) => name);
}

/** The same of a read that also reads `posts`. */
export function postsAnsweredBy(knex: Knex): Promise<string> {
  return knex('server_and_posts')
    .first<{ name: string }>('name')
    .then(({ name }) => name);
}

/** The engines and reasons of the decisions from now on. */
export function decisionsOf(routing: DatabaseRouting): string[] {
  const seen: string[] = [];
  routing.events.on('decision', ({ engine, reason }) => seen.push(`${engine} ${reason}`));
  return seen;
}
