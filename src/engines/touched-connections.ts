import type { KnexConnection } from '../knex-internals.js';

/** Connections on which something may have been left, such as a lock or a setting: they are not used again. Owned by an engine. */
export class TouchedConnections {
  private readonly inUse = new Set<KnexConnection>();
  private readonly ended = new WeakSet<KnexConnection>();
  private areAny = false; // mostly none are, and each connection that is taken is asked for

  /** What runs on the connection may leave something there. */
  touch(connection: KnexConnection): void {
    this.areAny = true;
    this.inUse.add(connection);
  }

  has(connection: KnexConnection): boolean {
    return this.areAny && (this.inUse.has(connection) || this.ended.has(connection));
  }

  /** The connection was given back. One that was touched ends, and what was left on it too. */
  givenBack(connection: KnexConnection): void {
    if (!this.inUse.delete(connection)) return;
    this.ended.add(connection);
    connection.once?.('end', () => (connection.__knex__disposed = undefined)); // on purpose: nothing to warn of
    void connection.end?.();
  }
}
