import type { Context, EngineChoice } from '../context/context.js';
import type { QueryTables } from '../intent/query-tables.js';
import type { RoutableQuery } from '../options/query-router.js';
import type { ResolvedRules } from '../options/resolved-options.js';
import type { RoutingRules } from './choose.js';

type TableEngines = ResolvedRules['tables'];

/** Finds the tables of a builder; undefined is a whole transaction. */
export type FindTables = (builder: object | undefined) => QueryTables;

/** Rule 6: the user's `router`, then `tables`. Undefined where neither is configured, so that nothing is looked up. */
export function readRule(
  { router, tables, reads }: Omit<ResolvedRules, 'consistency'>,
  findTables: FindTables,
): RoutingRules['engineForRead'] {
  if (!router && Object.keys(tables).length === 0) return undefined;
  const engineFor = reads === 'master' ? optedIn : engineForTables;
  return ({ builder }, context, skips) => {
    const found = findTables(builder);
    const own = router?.(routable(builder, found, context), context);
    return own !== undefined && !skips(own) ? own : engineFor(found, tables);
  };
}

function routable(
  builder: object | undefined,
  { names, areAll }: QueryTables,
  { work: { request } }: Context,
): RoutableQuery {
  return { builder, tables: names, tablesComplete: areAll, request };
}

/** One table that must be read on the master keeps the whole query there, and so does one that might be there. */
function engineForTables(found: QueryTables, tables: TableEngines): EngineChoice | undefined {
  const engines = enginesOf(found, tables);
  const mayNeedMaster = !found.areAll && Object.values(tables).includes('master');
  return mayNeedMaster || engines.includes('master') ? 'master' : engines[0];
}

/** Only what is named, and nothing else with it. */
function optedIn(found: QueryTables, tables: TableEngines): EngineChoice | undefined {
  const engines = enginesOf(found, tables);
  const isOptedIn = found.areAll && engines.length === found.names.length && !engines.includes('master');
  return isOptedIn ? engines[0] : undefined;
}

function enginesOf({ names }: QueryTables, tables: TableEngines): EngineChoice[] {
  return names.flatMap((name) => (Object.hasOwn(tables, name) ? [tables[name]!] : []));
}
