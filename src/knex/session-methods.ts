import type { Knex } from 'knex';
import type { EngineChoice } from '../context/context.js';
import type { Ran } from '../context/context-storage.js';
import type { Explanation } from '../routing/explanation.js';

/** What the routed Knex has beyond Knex. */
export interface SessionMethods {
  /**
   * A Knex on one engine, or with `'slave'` on any slave. One that names a slave refuses writes before they are sent
   * (`WriteOnSlaveError`); its transactions must be read-only. Throws `UnknownEngineError` for a name that is none.
   */
  usingEngine(engine: EngineChoice): Knex;
  /**
   * Runs `work` with its reads on an engine, or with `'slave'` on any slave; `null` lifts every force from outside.
   * Ends with the call, or, where it returns a promise, with that. Writes inside still go to the master.
   */
  usingEngine<Result>(engine: EngineChoice | null, work: () => Result): Ran<Result>;
  /** As `DatabaseRouting.markWrite()`. */
  markWrite(): void;
  /** As `DatabaseRouting.bookmark()`. */
  bookmark(): Promise<string | undefined>;
  /** Where a query would go if it ran right here, and why. Runs nothing and changes nothing. */
  explain(query: Knex.QueryBuilder | Knex.Raw): Explanation;
}
