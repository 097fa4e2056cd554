import type { Engine } from '../engines/engine.js';
import { type KnexConnection, clientOf } from './knex-internals.js';

/**
 * Which engine a connection belongs to, and whether somebody holds it. Owned by one routed Knex; a connection that was
 * never acquired through it is unknown.
 */
export class HeldConnections {
  private readonly engines = new WeakMap<KnexConnection, Engine>();
  private readonly held = new WeakSet<KnexConnection>();
  /** Transactions on them ran DDL that is not committed yet. */
  private readonly changed = new WeakSet<KnexConnection>();

  engineOf(connection: KnexConnection | undefined): Engine | undefined {
    return connection && this.engines.get(connection);
  }

  /** Counts as in flight from the wait for the connection until its release. */
  acquire(engine: Engine): Promise<KnexConnection> {
    engine.inFlight++;
    return clientOf(engine.knex)
      .acquireConnection()
      .then(
        (connection) => {
          this.engines.set(connection, engine);
          this.held.add(connection);
          return connection;
        },
        (error: unknown) => {
          engine.inFlight--;
          throw error;
        },
      );
  }

  /** Whoever releases twice is counted once. */
  release(connection: KnexConnection): void {
    const engine = this.engines.get(connection);
    if (engine && this.held.delete(connection)) engine.inFlight--;
  }

  markChanged(connection: KnexConnection | undefined): void {
    if (connection) this.changed.add(connection);
  }

  /** Whether DDL ran on the connection since it was last asked. */
  takeChanged(connection: KnexConnection): boolean {
    return this.changed.delete(connection);
  }
}
