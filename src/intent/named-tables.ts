import type { Catalogue } from './catalogue.js';
import type { Classification } from './intent.js';
import type { NameListener } from './name-judge.js';
import type { QueryTables } from './query-tables.js';

/** Walks a text, and says whether it is a read. */
export type WalkSql = (sql: string, listener: NameListener) => Classification;

/** Gathers the tables that a text or a relation reads, down through views and policies. */
export class NamedTables implements NameListener {
  private readonly names = new Set<string>();
  private readonly walked = new Set<string>();
  private areAll: boolean;

  /** Without a catalogue any name may be a view's. */
  constructor(
    private readonly catalogue: Catalogue | undefined,
    private readonly walk: WalkSql,
  ) {
    this.areAll = catalogue !== undefined;
  }

  get tables(): QueryTables {
    return Object.freeze({ names: Object.freeze([...this.names]), areAll: this.areAll });
  }

  /** A walk that finds something else than a read may end before it has seen all. */
  sql(sql: string): this {
    if (this.walked.has(sql)) return this;
    this.walked.add(sql);
    if (this.walk(sql, this).intent !== 'read') this.areAll = false;
    return this;
  }

  relation(schema: string | undefined, name: string): this {
    this.names.add(name);
    for (const sql of this.catalogue?.sqlIn(schema, name) ?? []) this.sql(sql);
    return this;
  }

  function(schema: string | undefined, name: string, givenArguments?: number): void {
    if (this.catalogue?.mayReadTables(schema, name, givenArguments)) this.areAll = false;
  }
}
