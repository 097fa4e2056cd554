import { LRUCache } from 'lru-cache';
import type { KnexQueryBuilder } from '../knex-internals.js';
import { inspectBuilder, isQueryBuilder } from './builder-inspector.js';
import type { Catalogue } from './catalogue.js';
import { queryText } from './query-text.js';
import type { SqlNode } from './sql-parser.js';
import { type NamedRelation, relationsOf } from './sql-tables.js';
import { parseTableName } from './table-name.js';

const MOST_REMEMBERED = 10_000;

/** What tables are found with. */
export interface QueryTablesParts {
  /** Undefined where SQL can't be parsed: another dialect, or the grammar is not loaded. Throws for what is no SQL. */
  readonly parse: () => ((sql: string) => readonly SqlNode[]) | undefined;
  /** Undefined until it was read. */
  readonly catalogue: () => Catalogue | undefined;
}

/**
 * The tables that a query reads, without schema and alias, wherever they stand: joins, subqueries, unions, callbacks, raw SQL,
 * and the tables below a view, which counts itself too.
 */
export class QueryTables {
  private readonly byText = new LRUCache<string, readonly string[]>({ max: MOST_REMEMBERED });
  private knownTo: Catalogue | undefined;

  constructor(private readonly parts: QueryTablesParts) {}

  /** Undefined where it can't be told. Knex's own clauses need no SQL; what holds raw SQL is compiled and parsed. */
  of(builder: unknown): readonly string[] | undefined {
    const catalogue = this.parts.catalogue();
    if (catalogue !== this.knownTo) this.byText.clear();
    this.knownTo = catalogue;
    const named = namedInClauses(builder);
    return named ? this.withViews(named) : this.ofText(builder);
  }

  private ofText(builder: unknown): readonly string[] | undefined {
    const sql = queryText(builder);
    if (sql === undefined) return undefined;
    let tables = this.byText.get(sql);
    if (!tables) {
      const relations = this.relationsIn(sql);
      if (!relations) return undefined;
      this.byText.set(sql, (tables = this.withViews(relations)));
    }
    return tables;
  }

  private relationsIn(sql: string): readonly NamedRelation[] | undefined {
    try {
      const statements = this.parts.parse()?.(sql);
      return statements && relationsOf(statements);
    } catch {
      return undefined; // what is no SQL is the server's to tell
    }
  }

  private withViews(relations: readonly NamedRelation[], seen = new Set<string>()): readonly string[] {
    for (const { schema, name } of relations) {
      if (seen.has(name)) continue;
      seen.add(name);
      for (const sql of this.parts.catalogue()?.viewsOf(schema, name) ?? [])
        this.withViews(this.relationsIn(sql) ?? [], seen);
    }
    return [...seen];
  }
}

/** Of a builder made of Knex's own clauses; undefined where it holds raw SQL, or names of common table expressions. */
function namedInClauses(builder: unknown): readonly NamedRelation[] | undefined {
  if (!isQueryBuilder(builder) || holdsCommonTables(builder)) return undefined;
  const named: NamedRelation[] = [];
  const found = inspectBuilder(builder, (text, schema) => {
    named.push(parseTableName(text, schema));
    return 'safe';
  });
  return found.intent === 'read' ? named : undefined;
}

function holdsCommonTables({ _statements }: KnexQueryBuilder): boolean {
  return _statements.some(({ grouping }) => grouping === 'with');
}
