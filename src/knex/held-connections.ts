import type { Engine } from '../engines/engine.js';
import { type KnexConnection, type KnexQueryObject, clientOf } from '../knex-internals.js';
import type { Classification } from '../intent/intent.js';
import type { MetErrors } from './met-errors.js';

/** A read that may be sent to two slaves. */
interface SentTwice {
  /** What it is to be sent on, in place of a connection. */
  on(connection: KnexConnection, query: KnexQueryObject): KnexConnection;
  /** Where else it runs right now. */
  readonly askedToo: KnexConnection | undefined;
}

interface Hold {
  readonly engine: Engine;
  isHeld: boolean;
  /** The read that is about to be sent on it, or was. */
  hedge: SentTwice | undefined;
}

/**
 * Which engine a connection belongs to, and whether somebody holds it. Owned by one routed Knex; a connection that was
 * never acquired through it is unknown.
 */
export class HeldConnections {
  private readonly holds = new WeakMap<KnexConnection, Hold>();
  /** Transactions on them have sent what may write. */
  private readonly wrote = new WeakSet<KnexConnection>();
  /** Transactions on them ran DDL, or what may run it, that is not committed yet. */
  private readonly changed = new WeakMap<KnexConnection, Classification['changesCatalogue']>();
  /** Read-only transactions run on them, on slaves. */
  private readonly undone = new WeakSet<KnexConnection>();
  /** What the transaction met that runs on it, or ran last. */
  private readonly met = new WeakMap<KnexConnection, MetErrors>();

  engineOf(connection: KnexConnection | undefined): Engine | undefined {
    return connection && this.holds.get(connection)?.engine;
  }

  async acquire(engine: Engine): Promise<KnexConnection> {
    try {
      const connection = await this.wait(engine);
      this.took(connection, engine);
      return connection;
    } catch (error) {
      this.gaveUp(engine);
      throw error;
    }
  }

  /** Counts as in flight from here on: until its release, once `took` was told of it, or until `gaveUp`. */
  wait(engine: Engine): KnexConnection | Promise<KnexConnection> {
    engine.inFlight++;
    return engine.freeConnections?.take() ?? clientOf(engine.knex).acquireConnection();
  }

  took(connection: KnexConnection, engine: Engine, hedge?: SentTwice): void {
    const hold = this.holds.get(connection);
    if (!hold) {
      this.holds.set(connection, { engine, isHeld: true, hedge });
      return;
    }
    hold.isHeld = true;
    hold.hedge = hedge;
  }

  /** The read that it was taken for, if that may be asked of two slaves. */
  hedgeOn(connection: KnexConnection): SentTwice | undefined {
    return this.holds.get(connection)?.hedge;
  }

  gaveUp(engine: Engine): void {
    engine.inFlight--;
  }

  /** To its engine's pool, or to that of `stranger` where it is unknown. A promise where that is not done at once. */
  release(connection: KnexConnection, stranger: () => Engine): Promise<void> | undefined {
    const hold = this.holds.get(connection);
    if (hold?.isHeld) {
      hold.isHeld = false; // a second release counts for nothing
      hold.hedge = undefined;
      hold.engine.inFlight--;
    }
    const engine = hold?.engine ?? stranger();
    const isBack = engine.freeConnections?.putBack(connection);
    const released = isBack ? undefined : clientOf(engine.knex).releaseConnection(connection);
    engine.touched.givenBack(connection);
    return released;
  }

  markChanged(connection: KnexConnection | undefined, change: Classification['changesCatalogue']): void {
    if (connection && this.changed.get(connection) !== true) this.changed.set(connection, change);
  }

  /** Whether DDL ran on the connection since it was last asked. */
  takeChanged(connection: KnexConnection): Classification['changesCatalogue'] {
    const change = this.changed.get(connection) ?? false;
    this.changed.delete(connection);
    return change;
  }

  markWrote(connection: KnexConnection | undefined): void {
    if (connection) this.wrote.add(connection);
  }

  /** Whether the transaction on the connection has sent what may write. */
  hasWritten(connection: KnexConnection): boolean {
    return this.wrote.has(connection);
  }

  /** Whether the transaction on the connection ends with ROLLBACK, whatever its end. */
  isUndone(connection: KnexConnection): boolean {
    return this.undone.has(connection);
  }

  markUndone(connection: KnexConnection, isUndone: boolean): void {
    if (isUndone) this.undone.add(connection);
    else this.undone.delete(connection);
  }

  /** A transaction begins on the connection. */
  begins(connection: KnexConnection, met: MetErrors): void {
    this.wrote.delete(connection);
    this.met.set(connection, met);
  }

  /** Lets the connection's transaction hear how one of its queries ends. */
  heard<Answer extends Promise<unknown>>(answer: Answer, connection: KnexConnection): Answer {
    this.met.get(connection)?.hear(answer);
    return answer;
  }
}
