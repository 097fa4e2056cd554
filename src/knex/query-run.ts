import knexPackage from 'knex';
import type { Dispatched } from '../dispatch/dispatched.js';
import type { Engine } from '../engines/engine.js';
import { handOverCompiled } from '../intent/compiled-query.js';
import type { KnexBuilder, KnexConnection, KnexOnConnection } from '../knex-internals.js';
import { OutdatedSlaveError } from './guard.js';
import { Run } from './run.js';

/** One run of a builder or raw that answers with a result. */
export class QueryRun extends Run {
  /**
   * As Knex's `ensureConnection` does it, and again elsewhere where that mends what failed. Not around Knex's own: a promise
   * more takes Node 20 as long as all that is decided about a query. `test/contract` fails when Knex's own changes.
   */
  async run(callback: KnexOnConnection): Promise<unknown> {
    const { runner } = this;
    const { held } = this.parts;
    let next = this.dispatch();
    for (;;) {
      const dispatched = this.take(next instanceof Promise ? await next : next);
      try {
        try {
          runner.connection = runner.builder._connection ?? (await this.acquire(dispatched.engine));
          if (!this.isBound) held.took(runner.connection, dispatched.engine);
          this.guard = this.guardFor(dispatched);
          handOverCompiled(runner.builder);
          const result = await callback(runner);
          this.ended();
          return result;
        } finally {
          const givenBack = this.isBound ? undefined : this.giveBack(dispatched.engine);
          if (givenBack) await givenBack;
        }
      } catch (error) {
        next = await this.mended(error);
      }
    }
  }

  private acquire(engine: Engine): KnexConnection | Promise<KnexConnection> {
    return this.isBound ? this.runner.client.acquireConnection() : this.parts.held.wait(engine);
  }

  private giveBack(engine: Engine): Promise<void> | undefined {
    const { held } = this.parts;
    const { connection } = this.runner;
    if (connection && this.guard?.hasChanged) engine.touched.touch(connection);
    if (connection) return held.release(connection, () => engine);
    held.gaveUp(engine);
    return undefined;
  }

  private async mended(error: unknown): Promise<Dispatched> {
    const { connection, builder } = this.runner;
    if (!connection) noteQuery(error, builder);
    try {
      return await this.mend(error);
    } catch (told) {
      if (!(error instanceof OutdatedSlaveError)) this.ended(true);
      throw told;
    }
  }
}

/** As Knex does where no connection was to be had in time. */
function noteQuery(error: unknown, { sql, bindings }: KnexBuilder): void {
  if (error instanceof knexPackage.KnexTimeoutError) Object.assign(error, { sql, bindings });
}
