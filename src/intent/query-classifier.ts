import { LRUCache } from 'lru-cache';
import type { RoutingLogger } from '../routing-logger.js';
import type { Clock } from '../clock.js';
import { inspectBuilder } from './builder-inspector.js';
import type { Catalogue } from './catalogue.js';
import { CatalogueKeeper } from './catalogue-keeper.js';
import type { CatalogueRows } from './catalogue-rows.js';
import { HeldWarning } from './held-warning.js';
import { type Classification, type Intent, unproved, write } from './intent.js';
import { inspectLeadingWord } from './leading-word.js';
import type { NameListener } from './name-judge.js';
import type { QueryTables } from './query-tables.js';
import { REMEMBERED, queryText, renames, templateOf } from './query-text.js';
import { inspectSql } from './sql-inspector.js';
import { type ParseSql, loadSqlParser } from './sql-parser.js';
import { TableFinder } from './table-finder.js';
import { TableJudge } from './table-judge.js';
import { VERDICT_OF } from './verdict.js';

/** The user's word on a text that is not proved: an intent, or undefined for no opinion. */
export type ClassifySql = (sql: string) => Intent | undefined;

const REFUSED = write('a slave refused it before');
const NO_TEXT = unproved('it does not compile to one statement');
const BACKSLASH = unproved('what its backslashes mean is set on the server (standard_conforming_strings)');

/** What the classifier is put together from. */
export interface QueryClassifierParts {
  /** Reads the master's catalogue; undefined for a dialect that is not PostgreSQL's, of which no SQL is parsed. */
  readonly readCatalogue: (() => Promise<CatalogueRows>) | undefined;
  readonly classifySql: ClassifySql | undefined;
  readonly logger: RoutingLogger;
  readonly clock: Clock;
}

/**
 * Decides what queries are, and learns: from the master's catalogue, from DDL that ran, from slaves that refused. Owned by
 * one set of engines; decisions are plain reads of what it knows at that moment.
 */
export class QueryClassifier {
  private parse: ParseSql | undefined;
  private loading: Promise<void> | undefined;
  private readonly catalogues: CatalogueKeeper | undefined;
  private readonly byText = new LRUCache<string, Classification>(REMEMBERED);
  /** The same by what raws were written as, which spares compiling them. */
  private readonly byTemplate = new LRUCache<string, Classification>(REMEMBERED);
  private readonly refusedTexts = new LRUCache<string, true>(REMEMBERED);
  private readonly tables = new TableJudge(() => this.catalogues?.latest());
  /** Made when somebody first asks. */
  private finder: TableFinder | undefined;
  /** Some builder was refused for no one knows which table: from then on all are looked up by their text. */
  private refusedBuilders = false;
  private readonly heldWarning: HeldWarning;
  private readonly classifySql: ClassifySql | undefined;
  private readonly logger: RoutingLogger;

  constructor({ readCatalogue, classifySql, logger, clock }: QueryClassifierParts) {
    this.classifySql = classifySql;
    this.logger = logger;
    this.heldWarning = new HeldWarning(logger);
    const judge = (sql: string, catalogue: Catalogue) => VERDICT_OF[this.inspect(sql, catalogue).intent];
    // not without the grammar, by which views, defaults and checks are judged
    const read = readCatalogue && (() => this.loaded().then(readCatalogue));
    this.catalogues =
      read && new CatalogueKeeper({ read, judge, logger, clock, changed: () => this.forget() });
  }

  /** Resolves when the grammar is loaded and the catalogue was read, or can't be. Never rejects. */
  async ready(): Promise<void> {
    if (!this.catalogues?.current()) await this.catalogues?.refresh();
  }

  classify(builder: unknown): Classification {
    const catalogue = this.catalogue();
    const judge = this.tables.knows ? this.tables.judge : undefined;
    const found = inspectBuilder(builder, judge);
    if (found.intent === 'write') return found;
    if (found.intent === 'read' && !this.mustSeeText(builder, catalogue)) return found;
    return this.ofText(builder, catalogue);
  }

  /** All tables that a query reads, as far as they can be told; of a whole transaction, undefined, they can't. */
  tablesOf(builder: object | undefined): QueryTables {
    return (this.finder ??= this.createFinder()).find(builder);
  }

  /**
   * A slave refused the query as a write (25006): it never goes to one again. Where a builder names one table and nothing
   * else, the table is to blame and remembered for all queries; else the text is.
   */
  remember(builder: unknown): void {
    const sql = queryText(builder);
    if (sql !== undefined) this.refusedTexts.set(sql, true);
    this.byTemplate.clear();
    if (inspectBuilder(builder).intent === 'read' && !this.tables.remember(builder))
      this.refusedBuilders = true;
  }

  /** Something that `changesCatalogue` has taken effect. */
  catalogueChanged(): void {
    this.catalogues?.invalidate();
  }

  start(): void {
    this.catalogues?.start();
  }

  stop(): void {
    this.catalogues?.stop();
  }

  /** The grammar is loaded for the first query, and not sooner. */
  private loaded(): Promise<void> {
    return (this.loading ??= this.load());
  }

  private async load(): Promise<void> {
    try {
      this.parse = await loadSqlParser({
        broken: (cause) =>
          this.logger.warn(
            `The SQL parser failed and is loaded anew, till then raw SQL runs on the master: ${String(cause)}`,
          ),
        mended: () => this.catalogueChanged(),
      });
      this.forget();
    } catch (error) {
      this.logger.warn(`The SQL parser can't be loaded, so raw SQL runs on the master: ${String(error)}`);
    }
  }

  /** The first query that asks has the catalogue read, if nobody called `ready()`. */
  private catalogue(): Catalogue | undefined {
    const current = this.catalogues?.current();
    if (!current) this.catalogues?.request();
    return current;
  }

  /** Whether what a builder prints can mean more than its parts say. */
  private mustSeeText(builder: unknown, catalogue: Catalogue | undefined): boolean {
    return (
      this.refusedBuilders || (catalogue !== undefined && (catalogue.buildersMayWrite || renames(builder)))
    );
  }

  private ofText(builder: unknown, catalogue: Catalogue | undefined): Classification {
    const template = templateOf(builder);
    let decided = template === undefined ? undefined : this.byTemplate.get(template);
    if (!decided) {
      const sql = queryText(builder);
      if (sql === undefined) return NO_TEXT;
      decided = this.ofSql(sql, catalogue);
      if (template !== undefined) this.byTemplate.set(template, decided);
    }
    if (decided.namesUnknown) this.catalogues?.request();
    return decided;
  }

  private ofSql(sql: string, catalogue: Catalogue | undefined): Classification {
    if (this.refusedTexts.has(sql)) return REFUSED;
    let decided = this.byText.get(sql);
    if (!decided) this.byText.set(sql, (decided = this.decide(sql, catalogue)));
    return decided;
  }

  private decide(sql: string, catalogue: Catalogue | undefined): Classification {
    const found = this.catalogues ? this.inspect(sql, catalogue) : inspectLeadingWord(sql);
    if (found.intent !== 'unproved') return found;
    const said = this.classifySql?.(sql);
    return said === undefined ? found : { ...found, intent: said, because: 'the classify option says so' };
  }

  private inspect(sql: string, catalogue: Catalogue | undefined, listener?: NameListener): Classification {
    if (!this.parse) return unproved('the SQL parser is not loaded yet');
    if (sql.includes('\\') && catalogue?.backslashEscapes !== false) return BACKSLASH;
    try {
      return inspectSql(this.parse(sql), catalogue, listener);
    } catch (error) {
      return unproved(`it can't be parsed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  private createFinder(): TableFinder {
    const catalogue = () => this.catalogues?.latest();
    return new TableFinder({
      readsSql: this.catalogues !== undefined,
      catalogue,
      walk: (sql, listener) => this.inspect(sql, catalogue(), listener),
    });
  }

  private forget(): void {
    this.heldWarning.note(this.catalogues?.latest());
    this.finder?.forget();
    this.byText.clear();
    this.byTemplate.clear();
    this.tables.forget();
  }
}
