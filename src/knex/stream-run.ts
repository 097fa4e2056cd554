import { type Dispatched, type Dispatching, refusedLater } from '../dispatch/dispatched.js';
import { handOverCompiled } from '../intent/compiled-query.js';
import type {
  KnexClient,
  KnexConnection,
  KnexOnConnection,
  KnexRunner,
  KnexStreamParameters,
  KnexStreamTarget,
} from '../knex-internals.js';
import { GUARD } from '../pg-internals.js';
import { FirstRowStream } from './first-row-stream.js';
import type { KnexParts } from './knex-parts.js';
import { Run } from './run.js';

/** Knex's own `ensureConnection`. */
export type EnsureConnection = (
  callback: KnexOnConnection,
  parameters: KnexStreamParameters,
) => Promise<unknown>;

/** One run of a builder or raw that answers with a stream of rows. Dispatched when `.stream()` is called. */
export class StreamRun extends Run {
  private dispatching: Dispatching;

  constructor(runner: KnexRunner, parts: KnexParts) {
    super(runner, parts);
    this.dispatching = refusedLater(() => this.dispatch());
  }

  /** A slave's failure before the first row that another try can mend is not the caller's. */
  async run(
    callback: KnexOnConnection,
    parameters: KnexStreamParameters,
    ensure: EnsureConnection,
  ): Promise<unknown> {
    const { runner, dispatching } = this;
    const dispatched = this.take(dispatching instanceof Promise ? await dispatching : dispatching);
    if (!runner.client.transacting) runner.client = releasingOnce(runner.client);
    const showing = this.showing(callback, parameters.stream, dispatched);
    const mayMove = dispatched.role === 'slave' || dispatched.engine.leadsAround;
    if (!mayMove) return ensure(showing, parameters).finally(() => this.ended(true));
    const attempt = new FirstRowStream(parameters.stream);
    try {
      return await ensure(showing, { ...parameters, stream: attempt }).finally(() => this.ended());
    } catch (error) {
      attempt.detach();
      const told = await this.mended(error, attempt);
      if (!told) return this.run(callback, parameters, ensure);
      if (!runner.connection) throw told.error; // Knex itself tells the stream that there is no connection
      parameters.stream.emit('error', told.error); // the caller has the stream alone to hear it
      throw told.error;
    }
  }

  /** Undefined where it is dispatched again, else what its caller gets. */
  private async mended(error: unknown, attempt: FirstRowStream): Promise<{ error: unknown } | undefined> {
    try {
      if (attempt.delivered) throw this.noted(error);
      this.dispatching = await this.mend(error);
      return undefined;
    } catch (told) {
      return { error: told };
    }
  }

  /**
   * Its rows are seen from the first on, and the response that they go to may not wait for the last. Knex would keep the
   * connection for ever where the caller has closed the stream before it was there.
   */
  private showing(
    callback: KnexOnConnection,
    target: KnexStreamTarget,
    dispatched: Dispatched,
  ): KnexOnConnection {
    return (runner, given) => {
      if (target.destroyed) return undefined;
      this.guard = this.guardOn(runner.connection!, dispatched);
      (given?.stream ?? target)[GUARD] = this.guard;
      this.assertMayBeSent();
      if (this.guard?.isOfVersions) dispatched.engine.touched.touch(runner.connection!); // a cursor runs on and on
      this.showed(dispatched);
      handOverCompiled(runner.builder);
      return callback(runner, given);
    };
  }
}

/**
 * A client for one stream. Knex 3 releases a stream's connection twice, when the stream closes and when its query ends;
 * by the second time the pool may have given it to somebody else, who would share it from then on.
 */
function releasingOnce(client: KnexClient): KnexClient {
  const acquired = new Set<KnexConnection>();
  return Object.create(client, {
    acquireConnection: {
      async value(this: KnexClient) {
        const connection = await client.acquireConnection.call(this);
        acquired.add(connection);
        return connection;
      },
    },
    releaseConnection: {
      async value(this: KnexClient, connection: KnexConnection) {
        if (acquired.delete(connection)) await client.releaseConnection.call(this, connection);
      },
    },
  }) as KnexClient;
}
