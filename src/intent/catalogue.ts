import type { CatalogueRows, ExpressionRow } from './catalogue-reader.js';
import { isSafeSystemFunction } from './reviewed-functions.js';

/** What is known of a name: only reads, does more, or is not in the catalogue. */
export type Verdict = 'safe' | 'unsafe' | 'unknown';

/** Judges the SQL of a view, a default or a check. */
export type JudgeSql = (sql: string, catalogue: Catalogue) => boolean;

/** What Knex's builders compare with, and what sorting and grouping do by themselves. */
const OPERATORS_NOBODY_WRITES = ['=', '<>', '!=', '<', '>', '<=', '>=', '~~', '~~*', '!~~', '!~~*'];

/**
 * The master's catalogue as far as reads are concerned. A name without a schema is safe only where all things of that
 * name, in whatever schema and with whatever arguments, are: which one the search path means is the server's to know.
 */
export class Catalogue {
  /** Something volatile may run in any query at all, without a word in it: nothing is proved a read. */
  readonly anythingMayWrite: boolean;
  /** Column names that could be function calls: what a builder's `t.x` means must then be looked up. */
  readonly columnLikeFunctions: ReadonlySet<string>;
  private readonly functions = new Names();
  private readonly operators = new Names();
  private readonly relations = new Names();
  private readonly unsafeTypes: Set<string>;
  private readonly expressions = new Map<string, readonly string[]>();
  private readonly judged = new Map<string, boolean>();

  constructor(
    rows: CatalogueRows,
    private readonly judge: JudgeSql,
  ) {
    for (const [schema, name, stable] of rows.functions) {
      this.functions.add(schema, name, schema === 'pg_catalog' ? isSafeSystemFunction(name, stable) : stable);
    }
    for (const [schema, name, stable] of rows.operators) this.operators.add(schema, name, stable);
    for (const [schema, name] of rows.relations) this.relations.add(schema, name, true);
    for (const [schema, name] of rows.masterOnly) this.relations.add(schema, name, false);
    for (const row of rows.views) this.addView(row);
    this.columnLikeFunctions = new Set(rows.columnLike.filter(([, , stable]) => !stable).map(([, name]) => name));
    this.unsafeTypes = new Set(rows.unsafeTypes);
    for (const row of rows.defaults) if (!this.isSafe(row)) this.functions.add(row[0], row[1], false);
    for (const row of rows.domainChecks) if (!this.isSafe(row)) this.unsafeTypes.add(row[1]);
    this.anythingMayWrite =
      rows.unsafeImplicitCast || OPERATORS_NOBODY_WRITES.some((name) => this.operators.verdict(undefined, name) === 'unsafe');
  }

  function(schema: string | undefined, name: string): Verdict {
    return this.functions.verdict(schema, name);
  }

  operator(schema: string | undefined, name: string): Verdict {
    return this.operators.verdict(schema, name);
  }

  type(name: string): Verdict {
    return this.unsafeTypes.has(name) ? 'unsafe' : 'safe';
  }

  /** A table, view or the like. A view is judged by its query, when it is first asked for. */
  relation(schema: string | undefined, name: string): Verdict {
    const verdict = this.relations.verdict(schema, name);
    if (verdict !== 'safe') return verdict;
    return this.viewsOf(schema, name).every((view) => this.isSafeView(view)) ? 'safe' : 'unsafe';
  }

  private addView([schema, name, expressions]: ExpressionRow): void {
    this.relations.add(schema, name, true);
    for (const key of [name, qualified(schema, name)]) {
      this.expressions.set(key, [...(this.expressions.get(key) ?? []), ...expressions]);
    }
  }

  private viewsOf(schema: string | undefined, name: string): readonly string[] {
    return this.expressions.get(schema === undefined ? name : qualified(schema, name)) ?? [];
  }

  private isSafeView(sql: string): boolean {
    let safe = this.judged.get(sql);
    if (safe === undefined) {
      this.judged.set(sql, true); // a policy may ask its own table: what is being judged does not speak against itself
      this.judged.set(sql, (safe = this.judge(sql, this)));
    }
    return safe;
  }

  private isSafe([, , expressions]: ExpressionRow): boolean {
    return expressions.every((sql) => this.judge(sql, this));
  }
}

/** Verdicts by name, with and without a schema; a second entry of a name can only make it less safe. */
class Names {
  private readonly safeByName = new Map<string, boolean>();

  add(schema: string, name: string, safe: boolean): void {
    this.narrow(name, safe);
    this.narrow(qualified(schema, name), safe);
  }

  verdict(schema: string | undefined, name: string): Verdict {
    const safe = this.safeByName.get(schema === undefined ? name : qualified(schema, name));
    return safe === undefined ? 'unknown' : safe ? 'safe' : 'unsafe';
  }

  private narrow(key: string, safe: boolean): void {
    this.safeByName.set(key, safe && (this.safeByName.get(key) ?? true));
  }
}

/** A NUL, which no name can hold, stands between the two. */
function qualified(schema: string, name: string): string {
  return `${schema}\0${name}`;
}
