import type { CatalogueRows, ExpressionRow, TypeRow } from './catalogue-reader.js';
import { isSafeSystemFunction, MAKES_ANY_TYPE } from './reviewed-functions.js';

/** What is known of a name: only reads, does more, or is not in the catalogue. */
export type Verdict = 'safe' | 'unsafe' | 'unknown';

/** Judges the SQL of a view, a default or a check. */
export type JudgeSql = (sql: string, catalogue: Catalogue) => boolean;

/** What sorting, grouping and comparing do by themselves. */
const UNSAID_OPERATORS = ['=', '<>', '<', '>', '<=', '>=', '~~', '~~*', '!~~', '!~~*'];

/** What else Knex's builders print without raw SQL. */
const BUILDER_OPERATORS = '& | ^ << >> ~ ~= ~* !~ !~* # && @> <@ || &< &> -|- @@ !! ? ?| ?& #>>'.split(' ');
const BUILDER_FUNCTIONS = ['count', 'sum', 'min', 'max', 'avg', 'jsonb_path_query_first'];

/**
 * The master's catalogue as far as reads are concerned. A name without a schema is safe only where all things of that
 * name, in whatever schema and with whatever arguments, are: which one the search path means is the server's to know.
 */
export class Catalogue {
  /** Something volatile may run in any query at all, without a word in it: nothing is proved a read. */
  readonly anythingMayWrite: boolean = false;
  /** What a builder prints may call something volatile by an operator, an aggregate or a column's name. */
  readonly buildersMayWrite: boolean;
  readonly backslashEscapes: boolean;
  private readonly functions = new Names();
  private readonly operators = new Names();
  private readonly relations = new Names();
  private readonly unsafeTypes: Set<string>;
  private readonly ofOneArgument: ReadonlySet<string>;
  private readonly ofOneRow: ReadonlySet<string>;
  private readonly expressions = new Map<string, readonly string[]>();
  private readonly judged = new Map<string, boolean>();

  constructor(
    rows: CatalogueRows,
    private readonly judge: JudgeSql,
  ) {
    this.backslashEscapes = rows.backslashEscapes;
    for (const [schema, name, stable] of rows.functions) {
      this.functions.add(schema, name, schema === 'pg_catalog' ? isSafeSystemFunction(name, stable) : stable);
    }
    for (const [schema, name, stable] of rows.operators) this.operators.add(schema, name, stable);
    for (const [schema, name] of rows.relations) this.relations.add(schema, name, true);
    for (const [schema, name] of rows.masterOnly) this.relations.add(schema, name, false);
    for (const row of rows.views) this.addView(row);
    this.unsafeTypes = new Set(rows.castTypes);
    this.ofOneArgument = new Set(rows.ofOneArgument);
    this.ofOneRow = new Set(rows.ofOneRow);
    this.judgeUntilNothingChanges(rows.defaults, rows.types);
    this.anythingMayWrite = rows.unsafeUnsaid || this.hasUnsafeOperator(UNSAID_OPERATORS);
    this.buildersMayWrite =
      this.anythingMayWrite ||
      rows.ofOneRow.some((name) => this.mayCall(name, 'row')) ||
      this.hasUnsafeOperator(BUILDER_OPERATORS) ||
      BUILDER_FUNCTIONS.some((name) => this.function(undefined, name) === 'unsafe');
  }

  /** A function, or a type that is called like one. */
  function(schema: string | undefined, name: string): Verdict {
    return this.unsafeTypes.has(name) ? 'unsafe' : this.functions.verdict(schema, name);
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

  /** Whether `x.name` may be a call of `name(x)` that does more than read; `x` is a whole row, or may be anything. */
  mayCall(name: string, x: 'row' | 'anything'): boolean {
    const names = x === 'row' ? this.ofOneRow : this.ofOneArgument;
    return names.has(name) && this.function(undefined, name) === 'unsafe';
  }

  private hasUnsafeOperator(names: readonly string[]): boolean {
    return names.some((name) => this.operators.verdict(undefined, name) === 'unsafe');
  }

  private addView([schema, name, expressions]: ExpressionRow): void {
    this.relations.add(schema, name, true);
    for (const key of [name, qualified(schema, name)]) {
      this.expressions.set(key, [...(this.expressions.get(key) ?? []), ...expressions]);
    }
  }

  private addUnsafeType({ types, functions, operators }: TypeRow): void {
    for (const name of types) this.unsafeTypes.add(name);
    for (const [schema, name] of functions) this.functions.add(schema, name, false);
    for (const [schema, name] of operators) this.operators.add(schema, name, false);
    for (const name of MAKES_ANY_TYPE) this.functions.add('pg_catalog', name, false);
    this.operators.add('public', '#=', false); // of the extension hstore: it makes rows
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

  /** A default may call a function whose own default, or a type whose check, does more than read; and so on. */
  private judgeUntilNothingChanges(defaults: readonly ExpressionRow[], types: readonly TypeRow[]): void {
    const unsafeDefaults = defaults.filter(
      ([, , expressions]) => !expressions.every((sql) => this.judge(sql, this)),
    );
    const unsafeTypes = types.filter(({ check }) => typeof check !== 'string' || !this.judge(check, this));
    for (const [schema, name] of unsafeDefaults) this.functions.add(schema, name, false);
    for (const row of unsafeTypes) this.addUnsafeType(row);
    if (unsafeDefaults.length + unsafeTypes.length === 0) return;
    const without = <Row>(rows: readonly Row[], found: readonly Row[]) =>
      rows.filter((row) => !found.includes(row));
    this.judgeUntilNothingChanges(without(defaults, unsafeDefaults), without(types, unsafeTypes));
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
