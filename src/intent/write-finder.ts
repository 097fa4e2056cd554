import { LRUCache } from 'lru-cache';
import type { Catalogue } from './catalogue.js';
import type { NameListener } from './name-judge.js';
import type { WalkSql } from './named-tables.js';
import type { QueryTables } from './query-tables.js';
import { REMEMBERED, queryText, templateOf } from './query-text.js';
import { Reach, type Reached } from './reach.js';
import { isNodeType, typeOf } from './sql-names.js';
import type { ParseSql, SqlNode } from './sql-parser.js';

/** What the finder is put together from. */
export interface WriteFinderParts {
  readonly catalogue: () => Catalogue | undefined;
  readonly parse: () => ParseSql | undefined;
  readonly walk: WalkSql;
  readonly tablesOf: (builder: object | undefined) => QueryTables;
}

const WRITES = new Set(['InsertStmt', 'UpdateStmt', 'DeleteStmt']);
/** What of a write gives rows, or takes them from other tables. */
const GIVES_OR_TAKES = ['returningList', 'returningClause', 'withClause', 'fromClause', 'usingClause'];

/** Finds the tables that a write can touch, and those that a read is of, where all of them can be told. */
export class WriteFinder {
  private readonly byText = new LRUCache<string, { readonly reached: Reached }>(REMEMBERED);
  private readonly byTemplate = new LRUCache<string, { readonly reached: Reached }>(REMEMBERED);
  private reach: { readonly of: Catalogue; readonly reach: Reach } | undefined;

  constructor(private readonly parts: WriteFinderParts) {}

  /** Of an INSERT, UPDATE or DELETE of one table that gives back no rows; undefined for all else, which may touch anything. */
  written(builder: object): Reached {
    const template = templateOf(builder);
    const known = template === undefined ? undefined : this.byTemplate.get(template);
    if (known) return known.reached;
    const sql = queryText(builder);
    if (sql === undefined) return undefined;
    let found = this.byText.get(sql);
    if (!found) this.byText.set(sql, (found = { reached: this.ofText(sql) }));
    if (template !== undefined) this.byTemplate.set(template, found);
    return found.reached;
  }

  /** The tables that a read shows something of; undefined where they can't be told. */
  read(builder: object | undefined): readonly string[] | undefined {
    const reach = this.reachNow();
    if (!reach || reach.readsUnsaid) return undefined;
    const { names, areAll } = this.parts.tablesOf(builder);
    return areAll ? names : undefined;
  }

  /** Another catalogue is known, or it is in doubt. */
  forget(): void {
    this.byText.clear();
    this.byTemplate.clear();
  }

  private ofText(sql: string): Reached {
    const [reach, parse] = [this.reachNow(), this.parts.parse()];
    if (!reach || reach.readsUnsaid || !parse) return undefined;
    try {
      const [statement, ...more] = parse(sql);
      return statement && more.length === 0 ? this.ofStatement(sql, statement, reach) : undefined;
    } catch {
      return undefined; // the server says what is wrong with it
    }
  }

  private ofStatement(sql: string, statement: SqlNode, reach: Reach): Reached {
    const type = typeOf(statement);
    const fields = statement[type] as SqlNode;
    const table = (fields['relation'] as SqlNode | undefined)?.['relname'];
    if (!WRITES.has(type) || typeof table !== 'string' || GIVES_OR_TAKES.some((key) => key in fields))
      return undefined;
    if (holdsOther(fields)) return undefined;
    const names = new NamesInWrite(reach);
    // as EXPLAIN would only plan it, it is a read where all that it names is known to only read
    if (this.parts.walk(`explain ${sql}`, names).intent !== 'read') return undefined;
    return names.areHarmless && [...names.relations].every((name) => name === table)
      ? reach.of(table)
      : undefined;
  }

  /** What is in doubt may reach anything. */
  private reachNow(): Reach | undefined {
    const catalogue = this.parts.catalogue();
    if (!catalogue || catalogue.isInDoubt) return undefined;
    if (this.reach?.of !== catalogue) this.reach = { of: catalogue, reach: new Reach(catalogue) };
    return this.reach.reach;
  }
}

/** Hears of what a write names. */
class NamesInWrite implements NameListener {
  readonly relations = new Set<string>();
  areHarmless = true;

  constructor(private readonly reach: Reach) {}

  relation(_schema: string | undefined, name: string): void {
    this.relations.add(name);
  }

  function(schema: string | undefined, name: string, givenArguments?: number): void {
    this.areHarmless &&= this.reach.isHarmless(schema, name, givenArguments);
  }
}

/** Whether it holds a place of a cursor, or a query within: only an INSERT's list of values is one of those. */
function holdsOther(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(
    ([key, part]) => (isNodeType(key) && (key === 'CurrentOfExpr' || key === 'SubLink')) || holdsOther(part),
  );
}
