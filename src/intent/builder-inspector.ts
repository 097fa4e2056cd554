import { compiled } from './compiled-query.js';
import type { KnexQueryBuilder, KnexRaw } from '../knex-internals.js';
import { type Classification, READ, unproved, write } from './intent.js';
import { asksOnly } from './schema-questions.js';
import { tableTexts } from './table-name.js';
import type { Verdict } from './verdict.js';

/** What is known of a table as Knex takes it, `'s.posts as p'`, in the schema of `withSchema`. */
export type JudgeTable = (text: string, schema: string | undefined) => Verdict;

const READ_METHODS = new Set(['select', 'first', 'pluck', 'columnInfo']);

/** Statements in which Knex prints words of the caller's (a window's direction, a JSON path). */
const SPELLED_OUT = new Set<unknown>(['analytic', 'json']);

/** What Knex prints of joins and of the order of NULLs, whatever it was given. */
const JOINS = new Set<unknown>([
  'inner',
  'left',
  'left outer',
  'right',
  'right outer',
  'outer',
  'full outer',
  'cross',
]);
const NULLS = new Set<unknown>([undefined, null, '', 'first', 'last']);
/** Deeper than any query that people write; past it nothing is proved. */
const DEEPEST = 64;
const LOCKS = write('it locks rows');
const ASKS_SCHEMA = write('it is a schema builder');
const CHANGES_SCHEMA = write('it is a schema change', { changesCatalogue: true });
const RAW = unproved('it is raw SQL');
const HOLDS_RAW = unproved('it holds raw SQL');
const HOLDS_CALLBACK = unproved('it holds a callback that can be told by its SQL only');
const AWAITED = unproved('the catalogue is not there yet to tell of a relation', { awaitsCatalogue: true });
const TOO_DEEP = unproved('it nests too deep');
const METHODS = new Map<string, Classification>();

type Found = Classification | undefined; // the first thing that is not a read

/**
 * What a builder, a raw or a schema builder does. A builder made of Knex's own clauses is decided without compiling it;
 * raw SQL anywhere in it leaves it unproved. Tables are asked for where `judgeTable` is given; `sawWith` is called for each
 * common table expression, whose name may then come as a table's.
 */
export function inspectBuilder(
  builder: unknown,
  judgeTable?: JudgeTable,
  sawWith?: () => void,
): Classification {
  if (isRaw(builder)) return RAW;
  if (!isQueryBuilder(builder)) return asksOnly(builder) ? ASKS_SCHEMA : CHANGES_SCHEMA;
  return new BuilderInspector(builder, judgeTable, sawWith).builder(builder, 0) ?? READ;
}

class BuilderInspector {
  /** Whether what the callbacks have filled was looked at. */
  private hasCompiled = false;

  constructor(
    private readonly query: KnexQueryBuilder,
    private readonly judgeTable: JudgeTable | undefined,
    private readonly sawWith: (() => void) | undefined,
  ) {}

  builder(builder: KnexQueryBuilder, depth: number): Found {
    const method = builder._method ?? 'select';
    if (!READ_METHODS.has(method)) return writeBy(method);
    if (builder._single['lock'] !== undefined) return LOCKS;
    const schema = builder._single['schema'] as string | undefined;
    return this.clause(builder._single, schema, depth) ?? this.statements(builder._statements, schema, depth);
  }

  private statements(
    statements: KnexQueryBuilder['_statements'],
    schema: string | undefined,
    depth: number,
  ): Found {
    for (const statement of statements) {
      const { grouping } = statement;
      const itsSchema = grouping === 'join' ? (statement['schema'] as string | undefined) : schema;
      if (grouping === 'with') this.sawWith?.();
      const found = isSpelledOut(statement) ? HOLDS_RAW : this.clause(statement, itsSchema, depth);
      if (found) return found;
    }
    return undefined;
  }

  /** What may name a table. Deeper down a `table` is part of a value. */
  private clause(
    clause: Readonly<Record<string, unknown>>,
    schema: string | undefined,
    depth: number,
  ): Found {
    return this.tables(clause['table'], schema) ?? this.values(clause, depth);
  }

  private values(values: object, depth: number): Found {
    if ((values as { type?: unknown }).type === 'onWrapped') return HOLDS_CALLBACK; // it fills a join, which nobody sees
    // own keys only: Knex puts a join's methods where `for … in` finds them
    for (const key of Object.keys(values)) {
      if (key === 'and') continue; // a clause's own reference to itself
      const found = this.value((values as Record<string, unknown>)[key], depth);
      if (found) return found;
    }
    return undefined;
  }

  private value(value: unknown, depth: number): Found {
    if (typeof value === 'function') return this.callbacks(depth);
    if (typeof value !== 'object' || value === null) return undefined;
    if (depth > DEEPEST) return TOO_DEEP;
    if (isQueryBuilder(value)) return this.builder(value, depth + 1);
    if (isRaw(value)) return this.isReference(value) ? undefined : HOLDS_RAW;
    if (Array.isArray(value) || isPlain(value) || isClause(value)) return this.values(value, depth + 1);
    return isBindable(value) ? undefined : HOLDS_RAW;
  }

  private tables(table: unknown, schema: string | undefined): Found {
    if (!this.judgeTable || table === undefined) return undefined;
    if (!isToldByClauses(table)) return HOLDS_RAW;
    const texts = typeof table === 'string' ? [table] : tableTexts(table);
    for (const text of texts) {
      const verdict = this.judgeTable(text, schema);
      if (verdict !== 'safe') return ofTable(text, verdict);
    }
    return undefined;
  }

  /**
   * Knex calls the callbacks of a query when it compiles it, each with a builder to fill. So it is compiled, once, and what all of
   * its callbacks have filled is looked at.
   */
  private callbacks(depth: number): Found {
    if (this.hasCompiled) return undefined;
    this.hasCompiled = true;
    const { query, inner } = compiled(this.query);
    if (!query) return HOLDS_CALLBACK; // an error of the callback's own is Knex's to raise, when it runs the query
    for (const one of inner) {
      const found = this.builder(one, depth + 1);
      if (found) return found;
    }
    return undefined;
  }

  /** `knex.ref()` is a Raw that only ever prints a quoted identifier. */
  private isReference(value: object): boolean {
    return 'ref' in value && value.constructor === this.query.client.ref('x').constructor;
  }
}

/** One object a method, since the hot path allocates nothing. */
function writeBy(method: string): Classification {
  let found = METHODS.get(method);
  if (!found) METHODS.set(method, (found = write(`its method is ${method}`)));
  return found;
}

/** An unknown table may be a CTE's name, which the SQL tells. */
function ofTable(text: string, verdict: Exclude<Verdict, 'safe'>): Classification {
  if (verdict === 'unknown') return unproved(`relation ${text} is unknown`);
  if (verdict === 'awaited') return AWAITED;
  if (verdict === 'doubtful') return unproved(`relation ${text} may do more than read`);
  return write(`relation ${text} is not on slaves or does more than read`);
}

/** A name, a subquery, or these with aliases; a `knex.ref()`, say, names a table that only the SQL tells. */
function isToldByClauses(table: unknown): boolean {
  if (typeof table !== 'object' || table === null) return true;
  return isPlain(table) ? Object.values(table).every(isToldByClauses) : isQueryBuilder(table);
}

export function isQueryBuilder(value: unknown): value is KnexQueryBuilder {
  return typeof value === 'object' && value !== null && '_statements' in value && '_single' in value;
}

function isRaw(value: unknown): value is KnexRaw {
  return typeof value === 'object' && value !== null && 'isRawInstance' in value;
}

/** Knex prints some words as they come, without quoting or checking them. */
function isSpelledOut({ type, grouping, joinType, nulls }: Readonly<Record<string, unknown>>): boolean {
  return SPELLED_OUT.has(type) || !NULLS.has(nulls) || (grouping === 'join' && !JOINS.has(joinType));
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** A join, an `on` clause or a window: classes of Knex's that hold further statements. */
function isClause(value: object): boolean {
  return 'grouping' in value || 'joinType' in value;
}

/** Class instances that Knex hands to the driver as a binding. What compiles to SQL of its own is not one. */
function isBindable(value: object): boolean {
  return !('toSQL' in value) && !('toQuery' in value);
}
