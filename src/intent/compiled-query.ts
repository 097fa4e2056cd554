import type { KnexBuilder, KnexQueryBuilder } from '../knex-internals.js';

/** A query as it compiled when somebody looked into it, with the builders that its callbacks filled on the way. */
interface Compiled {
  /** What Knex made of it; undefined where it does not compile. */
  readonly query: object | undefined;
  /** The SQL, before Knex numbers the bindings in it. */
  readonly sql: string | undefined;
  readonly error: unknown;
  readonly inner: readonly KnexQueryBuilder[];
  /** What it was compiled from. */
  readonly parts: readonly unknown[];
  /** Whether the run that comes takes this. */
  isHandedOver: boolean;
}

const COMPILED = Symbol('as it compiled when it was looked into');

interface HasCompiled {
  [COMPILED]?: Compiled | undefined;
}

/**
 * Compiles a builder or raw, once for all who look into it until it runs anew: the callbacks in it, and a `wrapIdentifier`, are
 * the app's own code, and may count, log, or take their time. Bare Knex calls them once for each run.
 */
export function compiled(builder: object): Compiled {
  const known = (builder as HasCompiled)[COMPILED];
  if (known && isSame(known.parts, partsOf(builder))) return known;
  return ((builder as HasCompiled)[COMPILED] = compile(builder as KnexBuilder));
}

/** It begins to run, or is explained: what it said before may have changed. */
export function forgetCompiled(builder: object): void {
  if ((builder as HasCompiled)[COMPILED]) (builder as HasCompiled)[COMPILED] = undefined;
}

/** From here on it is the runner that compiles it: `takeCompiled` answers once. */
export function handOverCompiled(builder: object): void {
  const known = (builder as HasCompiled)[COMPILED];
  if (known) known.isHandedOver = true;
}

/** What a runner gets that compiles the builder; undefined where Knex must do it. Throws what compiling threw. */
export function takeCompiled(builder: object): object | undefined {
  const known = (builder as HasCompiled)[COMPILED];
  if (!known?.isHandedOver) return undefined;
  known.isHandedOver = false;
  if (!isSame(known.parts, partsOf(builder))) return undefined;
  if (!known.query) throw known.error;
  return Object.defineProperties({}, Object.getOwnPropertyDescriptors(known.query)); // a runner writes into it
}

function compile(builder: KnexBuilder): Compiled {
  const { client } = builder;
  let inner: KnexQueryBuilder[] | undefined = [];
  const recorded = inner;
  const recording = Object.create(client, {
    queryBuilder: {
      value: () => {
        const one = client.queryBuilder();
        inner?.push(one as unknown as KnexQueryBuilder);
        return one;
      },
    },
  }) as KnexBuilder['client'];
  const parts = partsOf(builder);
  try {
    builder.client = recording;
    const query = builder.toSQL() as object;
    const { sql } = query as { sql?: unknown };
    const text = typeof sql === 'string' ? sql : undefined;
    return { query, sql: text, error: undefined, inner: recorded, parts, isHandedOver: false };
  } catch (error) {
    return { query: undefined, sql: undefined, error, inner: [], parts, isHandedOver: false };
  } finally {
    builder.client = client;
    inner = undefined; // raws in it keep the client that they were compiled with
  }
}

/** What SQL is made from, as far as it hangs on the builder itself. */
function partsOf(builder: object): readonly unknown[] {
  const { _method, _single, _statements, sql, bindings, _wrappedBefore, _wrappedAfter, _timeout } =
    builder as Partial<KnexQueryBuilder> & Record<string, unknown>;
  const own = [_method, sql, bindings, _wrappedBefore, _wrappedAfter, _timeout];
  return [...own, ...(_statements ?? []), ...Object.values(_single ?? {})];
}

function isSame(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && one.every((part, n) => part === other[n]);
}
