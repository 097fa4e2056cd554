import { LRUCache } from 'lru-cache';
import type { Context, ReadOnSlaves, Work } from '../context/context.js';
import { ReadThenWriteError } from '../errors.js';
import { queryShape } from '../intent/query-shape.js';
import type { QueryTables } from '../intent/query-tables.js';
import { ownTables, writtenTables } from '../intent/written-tables.js';
import type { RoutingLogger } from '../routing-logger.js';
import { callSite } from './call-site.js';
import type { FoundReadThenWrite } from '../routing/routing-report.js';
import type { Dispatched } from './dispatched.js';

/** What it is put together from. */
export interface ReadThenWriteParts {
  readonly tablesOf: (builder: object | undefined) => QueryTables;
  readonly onWrite: 'warn' | 'refuse';
  readonly logger: RoutingLogger;
  /** Hears of each finding, for the report. Default: nobody. */
  readonly found?: (found: FoundReadThenWrite) => void;
}

/** What it looks at of a query. */
export interface SentQuery extends Pick<Dispatched, 'role'> {
  readonly query: Pick<Dispatched['query'], 'context' | 'facts'>;
}

/** So many shapes of queries are remembered as told. */
const MOST_TOLD = 1_000;

/** So many queries of one piece of work are kept until somebody must know their tables. */
const MOST_KEPT = 32;

/**
 * Notices that a piece of work writes a table which it has read on a slave: what it decides by may be old. That it reads the
 * table again on the master, in the transaction that writes or before it, settles the matter.
 */
export class ReadThenWrite {
  private readonly told = new LRUCache<string, true>({ max: MOST_TOLD });

  constructor(private readonly parts: ReadThenWriteParts) {}

  /** Right before a query is sent. Throws `ReadThenWriteError` where that is asked for. */
  sends({ query: { context, facts }, role }: SentQuery): void {
    if (context.kind === 'none') return;
    if (role === 'slave') return this.readsOnSlave(context.work, facts.builder);
    const read = context.work.readOnSlaves;
    const tables = read && this.tablesOf(read);
    if (tables && tables.size > 0) this.sendsToMaster(facts.builder, tables, context);
  }

  /** What `sends` would throw on the master; nothing is told. */
  refusalOf(
    builder: object,
    { kind, work: { readOnSlaves: read } }: Context,
  ): ReadThenWriteError | undefined {
    if (this.parts.onWrite !== 'refuse' || kind === 'none' || !read) return undefined;
    const tables = this.tablesOf(read);
    const table = writtenTables(builder).find((written) => tables.has(written));
    return table === undefined ? undefined : new ReadThenWriteError(table);
  }

  private readsOnSlave(work: Work, builder: object | undefined): void {
    const read = (work.readOnSlaves ??= { queries: [], tables: new Set() });
    read.queries.push(builder);
    if (read.queries.length >= MOST_KEPT) this.tablesOf(read);
  }

  private tablesOf({ queries, tables }: ReadOnSlaves): Set<string> {
    for (const query of queries.splice(0)) for (const table of this.tablesRead(query)) tables.add(table);
    return tables;
  }

  /** Where it can't be told, as without PostgreSQL's grammar, at least the table that a builder is of. */
  private tablesRead(query: object | undefined): readonly string[] {
    const { names, areAll } = this.parts.tablesOf(query);
    return areAll ? names : [...names, ...ownTables(query)];
  }

  private sendsToMaster(builder: object | undefined, tables: Set<string>, context: Context): void {
    const written = writtenTables(builder);
    if (written.length === 0) for (const table of this.tablesRead(builder)) tables.delete(table);
    for (const table of written) if (tables.has(table)) this.tell(table, builder, tables, context);
  }

  private tell(table: string, builder: object | undefined, tables: Set<string>, { kind }: Context): void {
    if (this.parts.onWrite === 'refuse') throw new ReadThenWriteError(table);
    tables.delete(table);
    const shape = queryShape(builder);
    if (this.told.has(shape)) return;
    this.told.set(shape, true);
    const site = callSite();
    this.parts.found?.({ table, shape, site, kind });
    this.parts.logger.warn(
      `A ${kind} has read ${table} on a slave and writes it now${site ? ` (${site})` : ''}: what it decides by may be old. ` +
        `Read it on the master, in the transaction that writes or by .usingEngine('master'); see readThenWrite. ` +
        `The write: ${shape}`,
    );
  }
}
