import type { Context, EngineChoice } from '../context/context.js';
import type { QueryRouter } from '../options/query-router.js';
import { queryTables } from '../intent/query-tables.js';
import type { QueryFacts, RoutingRules } from './choose.js';

type TableEngines = Readonly<Record<string, EngineChoice>>;

/** Rule 6: the user's `router`, then `tables`. Undefined where neither is configured, so that nothing is looked up. */
export function readRule(
  router: QueryRouter | undefined,
  tables: TableEngines,
): RoutingRules['engineForRead'] {
  if (!router && Object.keys(tables).length === 0) return undefined;
  return ({ builder }: QueryFacts, context: Context) => {
    const named = queryTables(builder);
    return router?.({ builder, tables: named }, context) ?? engineForTables(named, tables);
  };
}

/** One table that must be read on the master keeps the whole query there. */
function engineForTables(named: readonly string[], tables: TableEngines): EngineChoice | undefined {
  const engines = named.filter((table) => Object.hasOwn(tables, table)).map((table) => tables[table]);
  return engines.includes('master') ? 'master' : engines[0];
}
