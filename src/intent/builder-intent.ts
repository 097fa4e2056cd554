import type { Intent } from './intent.js';

/** The private parts of a Knex query builder that tell what it does (Knex 3.x). `test/contract` holds them to Knex. */
interface InspectedBuilder {
  readonly _method?: string;
  readonly _single: Readonly<Record<string, unknown>>;
  readonly _statements: readonly Readonly<Record<string, unknown>>[];
  readonly client: { queryBuilder(): unknown; ref(name: string): object };
}

const READ_METHODS = new Set(['select', 'first', 'pluck', 'columnInfo']);

/** Statements in which Knex prints words of the caller's as they are (a window's direction, a JSON path). */
const SPELLED_OUT = new Set<unknown>(['analytic', 'json']);

/** Deeper than any query that people write; past it nothing is proved. */
const DEEPEST = 64;

/**
 * What a builder, a raw or a schema builder does. A builder made of Knex's own clauses is decided without compiling it;
 * raw SQL anywhere in it leaves it unproved.
 */
export function builderIntent(builder: unknown): Intent {
  return isQueryBuilder(builder) ? intentOfBuilder(builder, 0) : isRaw(builder) ? 'unproved' : 'write';
}

function intentOfBuilder(builder: InspectedBuilder, depth: number): Intent {
  if (!READ_METHODS.has(builder._method ?? 'select') || builder._single['lock'] !== undefined) return 'write';
  return worst(builder._single, builder, depth) ?? intentOfStatements(builder, depth);
}

function intentOfStatements(builder: InspectedBuilder, depth: number): Intent {
  for (const statement of builder._statements) {
    const found = worst(statement, builder, depth);
    if (found) return found;
  }
  return 'read';
}

/** The first thing among the values that is not a read. */
function worst(values: object, builder: InspectedBuilder, depth: number): 'write' | 'unproved' | undefined {
  if ('type' in values && SPELLED_OUT.has(values.type)) return 'unproved';
  for (const key in values) {
    if (key === 'and') continue; // a clause's own reference to itself
    const intent = intentOfValue((values as Record<string, unknown>)[key], builder, depth);
    if (intent !== 'read') return intent;
  }
  return undefined;
}

function intentOfValue(value: unknown, builder: InspectedBuilder, depth: number): Intent {
  if (typeof value === 'function') return intentOfCallback(value, builder, depth);
  if (typeof value !== 'object' || value === null) return 'read';
  if (depth > DEEPEST) return 'unproved';
  if (isQueryBuilder(value)) return intentOfBuilder(value, depth + 1);
  if (isRaw(value)) return isReference(value, builder) ? 'read' : 'unproved';
  if (Array.isArray(value) || isPlain(value) || isClause(value))
    return worst(value, builder, depth + 1) ?? 'read';
  return isBindable(value) ? 'read' : 'unproved';
}

/** Knex calls a callback anew at each compilation with a fresh builder; so does this. */
function intentOfCallback(callback: Function, builder: InspectedBuilder, depth: number): Intent {
  if (depth > DEEPEST) return 'unproved';
  try {
    const inner = builder.client.queryBuilder();
    callback.call(inner, inner);
    return isQueryBuilder(inner) ? intentOfBuilder(inner, depth + 1) : 'unproved';
  } catch {
    return 'unproved'; // an error of the callback's own is Knex's to raise, when it compiles the query
  }
}

function isQueryBuilder(value: unknown): value is InspectedBuilder {
  return typeof value === 'object' && value !== null && '_statements' in value && '_single' in value;
}

function isRaw(value: unknown): value is { readonly isRawInstance: true } {
  return typeof value === 'object' && value !== null && 'isRawInstance' in value;
}

/** `knex.ref()` is a Raw that only ever prints a quoted identifier. */
function isReference(value: object, builder: InspectedBuilder): boolean {
  return 'ref' in value && value.constructor === builder.client.ref('x').constructor;
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
