import type { CatalogueRows, FunctionRow, TypeRow, ViewRow } from './catalogue-rows.js';
import { verdictOfBody } from './function-bodies.js';
import { Functions } from './functions.js';
import { Judgements } from './judgements.js';
import { Names, qualified } from './names.js';
import { type Verdict, isHeld, worst } from './verdict.js';

/** Judges the SQL of a view, a policy, a default, a check, or a function's body. */
export type JudgeSql = (sql: string, catalogue: Catalogue) => Verdict;

/** What sorting, grouping and comparing do by themselves. */
const UNSAID_OPERATORS = ['=', '<>', '<', '>', '<=', '>=', '~~', '~~*', '!~~', '!~~*'];

/** What else Knex's builders print without raw SQL. */
const BUILDER_OPERATORS = '& | ^ << >> ~ ~= ~* !~ !~* # && @> <@ || &< &> -|- @@ !! ? ?| ?& #>>'.split(' ');
const BUILDER_FUNCTIONS = ['count', 'sum', 'min', 'max', 'avg', 'jsonb_path_query_first'];

/**
 * The master's catalogue as far as reads are concerned. A name without a schema is safe only where all things of that
 * name, in whatever schema and with arguments of whatever type, are: which one the search path means is the server's to know.
 */
export class Catalogue {
  /** Something volatile may run in any query at all, without a word in it: nothing is proved a read. */
  readonly anythingMayWrite: boolean = false;
  /** What a builder prints may call something volatile by an operator, an aggregate or a column's name. */
  readonly buildersMayWrite: boolean;
  readonly backslashEscapes: boolean;
  /** Some type does more than read: what makes values of types that no word of a query names does so too. */
  typesMayWrite = false;
  private readonly functions: Functions;
  private readonly operators = new Names();
  private readonly relations = new Names();
  private readonly typeNames = new Names();
  private readonly unsafeTypes: Set<string>;
  private readonly ofOneRow: ReadonlySet<string>;
  private readonly expressions = new Map<string, readonly string[]>();
  private readonly operatorCalls = new Map<string, readonly string[]>();
  private judgements = new Judgements();

  constructor(
    rows: CatalogueRows,
    private readonly judge: JudgeSql,
  ) {
    this.backslashEscapes = rows.backslashEscapes;
    this.functions = new Functions(rows.functions, (row) => this.ofBody(row));
    for (const [schema, name, stable, calls = []] of rows.operators) {
      this.operators.add(schema, name, stable);
      addTo(this.operatorCalls, schema, name, calls);
    }
    for (const [schema, name] of rows.relations) this.relations.add(schema, name, true);
    for (const [schema, name] of rows.masterOnly) this.relations.add(schema, name, false);
    for (const row of rows.views) this.addView(row);
    for (const [schema, name] of rows.typeNames) this.typeNames.add(schema, name, true);
    this.unsafeTypes = new Set(rows.castTypes);
    this.ofOneRow = new Set(rows.ofOneRow);
    const defaults = rows.functions.filter((row) => row.defaults !== null);
    this.judgeUntilNothingChanges(defaults, rows.types);
    this.anythingMayWrite = rows.unsafeUnsaid || this.hasUnsafeOperator(UNSAID_OPERATORS);
    this.buildersMayWrite =
      this.anythingMayWrite ||
      rows.ofOneRow.some((name) => isHeld(this.columnLike(name, 'row'))) ||
      this.hasUnsafeOperator(BUILDER_OPERATORS) ||
      BUILDER_FUNCTIONS.some((name) => isHeld(this.function(undefined, name)));
  }

  /** A function called with so many arguments, or with any number; or a type that is called like one, with one. */
  function(schema: string | undefined, name: string, givenArguments?: number): Verdict {
    if (this.unsafeTypes.has(name)) return 'unsafe';
    const verdict = this.functions.verdict(schema, name, givenArguments);
    return verdict === 'unknown' && givenArguments === 1 ? this.typeNames.verdict(schema, name) : verdict;
  }

  /** Whether it never runs while a query is only planned: PostgreSQL then tries what is immutable or stable. */
  neverPlanned(schema: string | undefined, name: string, givenArguments?: number): boolean {
    return this.functions.areVolatile(schema, name, givenArguments);
  }

  /** Whether a function's own body may read tables, which no word of its call names. */
  mayReadTables(schema: string | undefined, name: string, givenArguments?: number): boolean {
    return this.functions.mayReadTables(schema, name, givenArguments);
  }

  operator(schema: string | undefined, name: string): Verdict {
    const calls = this.operatorCalls.get(qualified(schema, name)) ?? [];
    return worst([
      this.operators.verdict(schema, name),
      ...calls.map((call) => this.function(undefined, call)),
    ]);
  }

  /** Operators, by name alone, that are known to do more than read. */
  get heldOperators(): readonly string[] {
    return this.operators.unsafe;
  }

  type(name: string): Verdict {
    return this.unsafeTypes.has(name) ? 'unsafe' : 'safe';
  }

  /** A table, view or the like. A view is judged by its query, when it is first asked for. */
  relation(schema: string | undefined, name: string): Verdict {
    const verdict = this.relations.verdict(schema, name);
    if (verdict !== 'safe') return verdict;
    return worst(['safe', ...this.sqlIn(schema, name).map((sql) => this.ofSql(sql))]);
  }

  /** The SQL that runs whenever a relation of this name is used: a view's query, a table's policies. */
  sqlIn(schema: string | undefined, name: string): readonly string[] {
    return this.expressions.get(qualified(schema, name)) ?? [];
  }

  /** Of the function that `x.name` may call as `name(x)`; `x` is a whole row, or may be anything. */
  columnLike(name: string, x: 'row' | 'anything'): Verdict {
    return x === 'anything' || this.ofOneRow.has(name) ? this.function(undefined, name, 1) : 'unknown';
  }

  private hasUnsafeOperator(names: readonly string[]): boolean {
    return names.some((name) => isHeld(this.operator(undefined, name)));
  }

  private addView([schema, name, expressions]: ViewRow): void {
    this.relations.add(schema, name, true);
    addTo(this.expressions, schema, name, expressions);
  }

  private addUnsafeType({ types, functions, operators, relations = [] }: TypeRow): void {
    this.typesMayWrite = true;
    for (const name of types) this.unsafeTypes.add(name);
    for (const [schema, name] of functions) this.functions.addUnsafe(schema, name);
    for (const [schema, name] of operators) this.operators.add(schema, name, false);
    for (const [schema, name] of relations) this.relations.add(schema, name, false);
  }

  private ofSql(sql: string): Verdict {
    return this.judgements.verdict(sql, () => this.judge(sql, this));
  }

  private ofBody(row: FunctionRow): Verdict {
    if (!row.language) return 'safe';
    const judge = () => verdictOfBody(row, this, (sql) => this.ofSql(sql));
    return this.judgements.verdict(`${row.language}\0${row.body}`, judge);
  }

  /** A default may call a function whose own default, or a type whose check, does more than read; and so on. */
  private judgeUntilNothingChanges(defaults: readonly FunctionRow[], types: readonly TypeRow[]): void {
    this.judgements = new Judgements(); // what was found safe may name what is found unsafe here
    const isSafe = (sql: string | null | undefined) => typeof sql === 'string' && this.ofSql(sql) === 'safe';
    const unsafeDefaults = defaults.filter((row) => !isSafe(row.defaults));
    const unsafeTypes = types.filter(({ check }) => !isSafe(check));
    for (const row of unsafeDefaults) this.functions.addUnsafeDefault(row);
    for (const row of unsafeTypes) this.addUnsafeType(row);
    if (unsafeDefaults.length + unsafeTypes.length === 0) return;
    const without = <Row>(rows: readonly Row[], found: readonly Row[]) =>
      rows.filter((row) => !found.includes(row));
    this.judgeUntilNothingChanges(without(defaults, unsafeDefaults), without(types, unsafeTypes));
  }
}

/** More of what stands behind a name, with and without its schema. */
function addTo(
  lists: Map<string, readonly string[]>,
  schema: string,
  name: string,
  more: readonly string[],
): void {
  if (more.length === 0) return;
  for (const key of [name, qualified(schema, name)]) lists.set(key, [...(lists.get(key) ?? []), ...more]);
}
