type Name = readonly [schema: string, name: string];

/** Some overloads of a function that differ in their arguments' types only, or one with defaults. */
export interface FunctionRow {
  readonly schema: string;
  readonly name: string;
  /** Whether all of them are called immutable or stable. */
  readonly stable: boolean;
  /** Whether all of them are called immutable, and so read no tables. */
  readonly immutable: boolean;
  readonly arguments: number;
  /** How many of the last arguments have defaults. */
  readonly optional: number;
  readonly variadic: boolean;
  /** SQL that runs where arguments are left out. */
  readonly defaults: string | null;
  /** Of each its oid, and the transaction that wrote it last: `16384:731 16390:740`. */
  readonly version: string;
  /** Of one written in C that is not PostgreSQL's own: `pgcrypto.pg_random_uuid`, its library and what it is called there. */
  readonly symbol?: string | null;
  /** Of one that is not volatile, nor PostgreSQL's own, nor written in C: its language, or `aggregate`. */
  readonly language?: string | null;
  /** Its text in that language; of an aggregate the names of its functions, in quotes. */
  readonly body?: string | null;
}

/** Schema, name, whether every overload of it is called immutable or stable, and what functions of others it calls. */
export type OperatorRow = readonly [schema: string, name: string, stable: boolean, calls?: readonly string[]];

/** Schema, name, and SQL that runs whenever the relation is used: a view's query, a table's policies. */
export type ViewRow = readonly [schema: string, name: string, expressions: readonly string[]];

/** SQL that runs whenever a value becomes one of a type, and everything that makes such values. */
export interface TypeRow {
  /** A domain's check; undefined where the type's own input is volatile. */
  readonly check?: string | null;
  /** The type, and those that hold it: arrays, rows, ranges, domains. */
  readonly types: readonly string[];
  readonly functions: readonly Name[];
  readonly operators: readonly Name[];
  /** Those that hold such values, where a value alone is enough: a volatile cast or operator takes it unsaid. */
  readonly relations?: readonly Name[];
}

/** What a write to a table can touch beside its rows, by what leads there; `opaque` can't be told. */
export type ReachRow = readonly [
  schema: string,
  name: string,
  parts: readonly (readonly [
    kind: 'child' | 'parent' | 'body' | 'function' | 'opaque',
    what: string | null,
  ])[],
];

/** What the master's catalogue says, as it was read in one statement. */
export interface CatalogueRows {
  readonly functions: readonly FunctionRow[];
  /**
   * What can be called with a whole row as its one argument, and so be written as if it were a column: `t.f` for `f(t)`.
   * Without PostgreSQL's own.
   */
  readonly ofOneRow: readonly string[];
  readonly operators: readonly OperatorRow[];
  /** What can be called like a function to make a value of it: `tsquery('a')`. */
  readonly typeNames: readonly Name[];
  readonly types: readonly TypeRow[];
  /** Types, and those that hold them, which a volatile cast leads to. */
  readonly castTypes: readonly string[];
  /** Whether a cast of PostgreSQL's own types that it makes by itself, or the comparing behind a sort or an index, is volatile. */
  readonly unsafeUnsaid: boolean;
  /** Whether a backslash escapes in plain strings here, as it does not in the grammar that we parse by. */
  readonly backslashEscapes: boolean;
  /** Whether transactions are serializable where they don't say otherwise. */
  readonly isSerializable: boolean;
  /** Tables, sequences, materialized views. */
  readonly relations: readonly Name[];
  readonly sequences: readonly Name[];
  /** Relations with SQL in them. */
  readonly views: readonly ViewRow[];
  /** The same of their rules and policies, by name. */
  readonly versions: readonly (readonly [
    name: string,
    oid: string,
    rules: string | null,
    policies: string | null,
  ])[];
  /** Of all tables, views and the like that the app has made. */
  readonly reaches: readonly ReachRow[];
  /** Relations with SQL in them that somebody is changing just now: to read it would wait for that to end. */
  readonly locked: readonly Name[];
  /**
   * Relations that are not on a slave: unlogged ones; and foreign ones, whose server is anyone's. Tables with such a partition
   * or child too.
   */
  readonly masterOnly: readonly Name[];
}
