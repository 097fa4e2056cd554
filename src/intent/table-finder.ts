import { LRUCache } from 'lru-cache';
import { inspectBuilder } from './builder-inspector.js';
import type { Catalogue } from './catalogue.js';
import { NamedTables, type WalkSql } from './named-tables.js';
import { type QueryTables, UNTOLD, together } from './query-tables.js';
import { REMEMBERED, queryText, renames, templateOf } from './query-text.js';
import { parseTableName } from './table-name.js';

const MOST_NAMES = 10_000;

/** What the finder is put together from. */
export interface TableFinderParts {
  /** Whether SQL can be walked; else a name stands for itself, and what is raw stays untold. */
  readonly readsSql: boolean;
  readonly catalogue: () => Catalogue | undefined;
  readonly walk: WalkSql;
}

/**
 * Finds all tables that queries read. A builder of plain clauses is walked, which costs less than compiling it; all else is
 * told by its SQL, once a text.
 */
export class TableFinder {
  private readonly byText = new LRUCache<string, QueryTables>(REMEMBERED);
  private readonly byTemplate = new LRUCache<string, QueryTables>(REMEMBERED);
  /** By table as Knex takes it, in the schema of `withSchema`. */
  private readonly byName = new LRUCache<string, QueryTables>({ max: MOST_NAMES });

  constructor(private readonly parts: TableFinderParts) {}

  /** Undefined is a whole transaction, which may read anything. */
  find(builder: object | undefined): QueryTables {
    if (builder === undefined) return UNTOLD;
    const { readsSql } = this.parts;
    if (readsSql && renames(builder)) return this.ofText(builder);
    const found: QueryTables[] = [];
    let isTold = true;
    const noted = (text: string, schema: string | undefined) => {
      found.push(this.ofName(text, schema));
      return 'safe' as const;
    };
    const { intent } = inspectBuilder(builder, noted, () => (isTold = !readsSql));
    if (intent === 'read' && isTold) return together(found);
    return readsSql ? this.ofText(builder) : { ...together(found), areAll: false };
  }

  /** Another catalogue is known. */
  forget(): void {
    this.byText.clear();
    this.byTemplate.clear();
    this.byName.clear();
  }

  private ofName(text: string, withSchema: string | undefined): QueryTables {
    const key = withSchema === undefined ? text : `${withSchema}\0${text}`;
    let found = this.byName.get(key);
    if (!found) this.byName.set(key, (found = this.lookUp(text, withSchema)));
    return found;
  }

  private lookUp(text: string, withSchema: string | undefined): QueryTables {
    const { schema, name } = parseTableName(text, withSchema);
    const { tables } = this.named().relation(schema, name);
    return this.parts.readsSql ? tables : { ...tables, areAll: true };
  }

  private ofText(builder: object): QueryTables {
    const template = templateOf(builder);
    const known = template === undefined ? undefined : this.byTemplate.get(template);
    if (known) return known;
    const sql = queryText(builder);
    if (sql === undefined) return UNTOLD;
    let found = this.byText.get(sql);
    if (!found) this.byText.set(sql, (found = this.named().sql(sql).tables));
    if (template !== undefined) this.byTemplate.set(template, found);
    return found;
  }

  private named(): NamedTables {
    return new NamedTables(this.parts.catalogue(), this.parts.walk);
  }
}
