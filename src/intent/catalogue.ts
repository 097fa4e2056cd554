import type { CatalogueRows, FunctionRow, TypeRow, ViewRow } from './catalogue-rows.js';
import { DifferingNames } from './differing.js';
import { verdictOfBody } from './function-bodies.js';
import { Functions } from './functions.js';
import { Judgements } from './judgements.js';
import { Names, addTo, qualified } from './names.js';
import { Operators } from './operators.js';
import { type Verdict, isHeld, worst } from './verdict.js';
import { Versions } from './versions.js';

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
  buildersMayWrite: boolean;
  readonly backslashEscapes: boolean;
  readonly differing: DifferingNames;
  readonly versions: Versions;
  /** Transactions are serializable where they don't say otherwise, which a slave can't do. */
  readonly isSerializable: boolean;
  /**
   * DDL ran since it was read: what the app itself has made, and that runs code, may do something else by now. PostgreSQL's
   * own functions and plain tables are what they were. Set by the keeper. */
  isInDoubt = false;
  /** Some type does more than read: what makes values of types that no word of a query names does so too. */
  typesMayWrite = false;
  private readonly functions: Functions;
  private readonly operators: Operators;
  private readonly relations = new Names();
  private readonly typeNames = new Names();
  private readonly unsafeTypes: Set<string>;
  private readonly ofOneRow: ReadonlySet<string>;
  private readonly expressions = new Map<string, readonly string[]>();
  private readonly locked = new Set<string>();
  private judgements = new Judgements();
  private readonly refused = new Set<string>();

  constructor(
    readonly rows: CatalogueRows,
    private readonly judge: JudgeSql,
  ) {
    this.backslashEscapes = rows.backslashEscapes;
    this.isSerializable = rows.isSerializable;
    this.functions = new Functions(rows.functions, (row) => this.ofBody(row));
    this.operators = new Operators(rows.operators, (name) => this.function(undefined, name));
    for (const [schema, name] of rows.relations) this.relations.add(schema, name, true);
    for (const [schema, name] of rows.masterOnly) this.relations.add(schema, name, false);
    this.differing = new DifferingNames(rows.sequences);
    this.versions = new Versions(rows);
    for (const row of rows.views) this.addView(row);
    for (const [schema, name] of rows.locked) {
      this.relations.add(schema, name, true);
      this.locked.add(name).add(qualified(schema, name));
    }
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
    if (this.isInDoubt && this.isOwn(schema, name, givenArguments))
      return this.functions.isDeclaredUnsafe(schema, name, givenArguments) ? 'unsafe' : 'awaited';
    const verdict = this.functions.verdict(schema, name, givenArguments);
    return verdict === 'unknown' && givenArguments === 1 ? this.typeNames.verdict(schema, name) : verdict;
  }

  /** Whether the app, or an extension, has made a function that this may be a call of. */
  isOwn(schema: string | undefined, name: string, givenArguments?: number): boolean {
    return this.functions.isOwn(schema, name, givenArguments);
  }

  /** A slave has refused it as a write. Only for what is decided from here on. */
  refuse(name: string): void {
    this.functions.refuse(name);
    this.refused.add(name);
    this.judgements = new Judgements();
    this.buildersMayWrite ||= isHeld(this.columnLike(name, 'row'));
  }

  whyUnsafe(name: string): string {
    return this.refused.has(name) ? 'was refused by a slave before' : 'is volatile';
  }

  /** What the bodies of an app's functions of that name may call. */
  wordsOfBodies(name: string): ReadonlySet<string> {
    return this.functions.wordsOfBodies(name);
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
    return this.operators.verdict(schema, name, this.isInDoubt);
  }

  /** By name alone, those that are known to do more than read. */
  get heldOperators(): readonly string[] {
    return this.operators.held;
  }

  type(name: string): Verdict {
    return this.unsafeTypes.has(name) ? 'unsafe' : 'safe';
  }

  /** A table, view or the like. A view is judged by its query, when it is first asked for. */
  relation(schema: string | undefined, name: string): Verdict {
    const verdict = this.relations.verdict(schema, name);
    if (verdict !== 'safe') return verdict;
    const sql = this.sqlIn(schema, name);
    if (this.locked.has(qualified(schema, name)) || (this.isInDoubt && sql.length > 0)) return 'awaited';
    return worst(['safe', ...sql.map((one) => this.ofSql(one))]);
  }

  /** Whether a slave that has caught up answers differently: a sequence, or a view over what does. */
  differs(schema: string | undefined, name: string): boolean {
    const sql = this.sqlIn(schema, name);
    if (sql.length === 0) return this.differing.relation(schema, name);
    return !this.isInDoubt && sql.some((one) => this.ofSql(one) === 'safe' && this.differing.view(one));
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
    for (const [schema, name] of operators) this.operators.addUnsafe(schema, name);
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
