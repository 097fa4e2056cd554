import type { Context, EngineChoice } from '../context/context.js';
import type { ResolvedRules } from '../options/resolved-options.js';
import type { QueryFacts, RoutingRules } from './choose.js';

/** The tables that a query reads; undefined where it can't be told. */
export type TablesOf = (builder: unknown) => readonly string[] | undefined;

/** Rule 6: the user's `router`, then `tables`. Undefined where neither is configured, so that nothing is looked up. */
export function readRule(
  { router, tables, reads }: Pick<ResolvedRules, 'router' | 'tables' | 'reads'>,
  tablesOf: TablesOf,
): RoutingRules['engineForRead'] {
  if (!router && Object.keys(tables).length === 0) return undefined;
  const byTables = reads === 'master' ? optedIn : engineForTables;
  return ({ builder }: QueryFacts, context: Context) => {
    const named = builder === undefined ? [] : tablesOf(builder); // a transaction names its tables later
    return router?.({ builder, tables: named ?? [] }, context) ?? byTables(named, tables);
  };
}

type TableEngines = Readonly<Record<string, EngineChoice>>;

/** One table that must be read on the master keeps the whole query there; so does one that may be among those not told. */
function engineForTables(
  named: readonly string[] | undefined,
  tables: TableEngines,
): EngineChoice | undefined {
  if (!named) return Object.values(tables).includes('master') ? 'master' : undefined;
  const engines = named.filter((table) => Object.hasOwn(tables, table)).map((table) => tables[table]);
  return engines.includes('master') ? 'master' : engines[0];
}

/** With `reads: 'master'` a query is opted in by its tables, all of them. */
function optedIn(named: readonly string[] | undefined, tables: TableEngines): EngineChoice | undefined {
  return named?.every((table) => Object.hasOwn(tables, table)) ? engineForTables(named, tables) : undefined;
}
