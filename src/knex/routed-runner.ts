import type {
  KnexOnConnection,
  KnexQueryObject,
  KnexRunnerClass,
  KnexStreamParameters,
} from '../knex-internals.js';
import { emittingHere } from './emitting-here.js';
import type { KnexParts } from './knex-parts.js';
import { QueryRun } from './query-run.js';
import { StreamRun } from './stream-run.js';

/** Knex's runner, which asks a run of ours where to take its connection. */
export function routedRunnerClass(Runner: KnexRunnerClass, parts: KnexParts): KnexRunnerClass {
  return class RoutedRunner extends Runner {
    private routed: QueryRun | StreamRun | undefined;

    override stream(...args: unknown[]): unknown {
      this.routed = new StreamRun(this, parts);
      return super.stream(...args);
    }

    override query(query: KnexQueryObject): Promise<unknown> {
      this.routed?.sends(query);
      return super.query(query);
    }

    override ensureConnection(
      callback: KnexOnConnection,
      parameters?: KnexStreamParameters,
    ): Promise<unknown> {
      if (parameters && this.routed instanceof StreamRun) {
        emittingHere(parameters.stream);
        return this.routed.run(callback, parameters, (...args) => super.ensureConnection(...args));
      }
      const run = new QueryRun(this, parts);
      this.routed = run;
      return run.run(callback);
    }
  };
}
