import knexPackage from 'knex';
import type { Dispatched } from '../dispatch/dispatched.js';
import type { Engine } from '../engines/engine.js';
import { handOverCompiled } from '../intent/compiled-query.js';
import type { KnexBuilder, KnexConnection, KnexOnConnection } from '../knex-internals.js';
import { OutdatedSlaveError } from './guard-for.js';
import type { Asked } from './asked.js';
import { HedgedRead, type HedgedRun } from './hedged-read.js';
import { Run } from './run.js';

/** One run of a builder or raw that answers with a result. */
export class QueryRun extends Run implements HedgedRun {
  /**
   * As Knex's `ensureConnection` does it, and again elsewhere where that mends what failed. Not around Knex's own: a promise
   * more takes Node 20 as long as all that is decided about a query. `test/contract` fails when Knex's own changes.
   */
  async run(callback: KnexOnConnection): Promise<unknown> {
    const { runner } = this;
    const { held } = this.parts;
    let next = this.dispatch();
    for (;;) {
      const hedge = this.hedged(this.take(next instanceof Promise ? await next : next));
      try {
        try {
          runner.connection = runner.builder._connection ?? (await this.acquire(hedge));
          if (!this.isBound) held.took(runner.connection, this.engine, hedge);
          this.guard = this.guardOn(runner.connection, this.dispatched!);
          handOverCompiled(runner.builder);
          const result = await callback(runner);
          this.ended();
          return result;
        } finally {
          hedge?.ends();
          const givenBack = this.isBound ? undefined : this.giveBack();
          if (givenBack) await givenBack;
        }
      } catch (error) {
        next = await this.mended(error);
      }
    }
  }

  /** A hedge may move it to another slave, with all that is asked there. */
  movesTo({ dispatched, connection, guard }: Asked): void {
    this.goesTo(dispatched);
    this.runner.connection = connection;
    this.guard = guard;
  }

  get asked(): Asked {
    return { dispatched: this.dispatched!, connection: this.runner.connection!, guard: this.guard };
  }

  /** Where it is dispatched to by now. */
  private get engine(): Engine {
    return this.dispatched!.engine;
  }

  private hedged(dispatched: Dispatched): HedgedRead | undefined {
    const { hedging } = this.parts;
    const underWay = this.isBound ? undefined : hedging?.watches(dispatched);
    return underWay && new HedgedRead(this, dispatched, underWay, this.parts);
  }

  private acquire(hedge: HedgedRead | undefined): KnexConnection | Promise<KnexConnection> {
    if (this.isBound) return this.runner.client.acquireConnection();
    const waited = this.parts.held.wait(this.engine);
    return hedge && waited instanceof Promise ? hedge.connected(waited) : waited;
  }

  private giveBack(): Promise<void> | undefined {
    const { engine } = this;
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
