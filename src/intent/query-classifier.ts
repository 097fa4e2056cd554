import type { RoutingLogger } from '../routing-logger.js';
import { inspectBuilder } from './builder-inspector.js';
import type { Catalogue } from './catalogue.js';
import { CatalogueKeeper, type CatalogueKeeperParts } from './catalogue-keeper.js';
import type { CatalogueQuestions } from './catalogue-watch.js';
import { DecidedTexts } from './decided-texts.js';
import { BACKSLASH, NO_PARSER, NO_TEXT, REFUSED } from './fixed-answers.js';
import { Grammar } from './grammar.js';
import { HeldWarning } from './held-warning.js';
import { READ_ON_MASTER } from './differing.js';
import { type Classification, type ClassifySql, unproved } from './intent.js';
import { inspectLeadingWord } from './leading-word.js';
import type { NameListener } from './name-judge.js';
import type { WalkSql } from './named-tables.js';
import { withVersions } from './own-names.js';
import type { QueryTables } from './query-tables.js';
import { queryText, renames } from './query-text.js';
import { Refusals } from './refusals.js';
import { inspectSql } from './sql-inspector.js';
import { TableFinder } from './table-finder.js';
import { TableJudge } from './table-judge.js';
import { VERDICT_OF } from './verdict.js';
import { WriteFinder } from './write-finder.js';
import { type TransactionConfig, intentOfTransaction } from './transaction-intent.js';

/** What the classifier is put together from. */
export interface QueryClassifierParts {
  /** Asks the master; undefined for a dialect that is not PostgreSQL's, of which no SQL is parsed. */
  readonly catalogue: CatalogueQuestions | undefined;
  readonly classifySql: ClassifySql | undefined;
  readonly logger: RoutingLogger;
  readonly watch: Pick<CatalogueKeeperParts, 'clock' | 'random' | 'isUsed'>;
}

/**
 * Decides what queries are, and learns: from the master's catalogue, from DDL that ran, from slaves that refused. Owned by
 * one set of engines; decisions are plain reads of what it knows at that moment.
 */
export class QueryClassifier {
  private readonly grammar: Grammar;
  private readonly catalogues: CatalogueKeeper | undefined;
  private readonly texts = new DecidedTexts();
  private readonly refusals: Refusals;
  readonly writes = new WriteFinder({
    catalogue: () => this.catalogues?.current(),
    parse: () => this.grammar.parse,
    walk: (sql, listener) => this.walk(sql, listener),
    tablesOf: (builder) => this.tablesOf(builder),
  });
  private readonly tables: TableJudge;
  /** Made when somebody first asks. */
  private finder: TableFinder | undefined;
  /** Some builder was refused for no one knows which table: from then on all are looked up by their text. */
  private refusedBuilders = false;
  private readonly heldWarning: HeldWarning;
  private readonly classifySql: ClassifySql | undefined;

  constructor({ catalogue: questions, classifySql, logger, watch }: QueryClassifierParts) {
    this.classifySql = classifySql;
    this.heldWarning = new HeldWarning(logger);
    const changed = () => {
      if (this.refusals.follow(this.catalogues?.current())) {
        this.tables.forgetRefused();
        this.refusedBuilders = false;
      }
      this.forget();
    };
    this.refusals = new Refusals(this.walk);
    this.grammar = new Grammar({ logger, changed, mended: () => this.catalogueChanged(true) });
    const judge = (sql: string, catalogue: Catalogue) => {
      const { intent, answersDiffer } = this.inspect(sql, catalogue);
      if (answersDiffer) catalogue.differing.note(sql);
      return VERDICT_OF[intent];
    };
    // first of all the grammar, by which views, defaults and checks are judged, and SQL where there is no catalogue
    const fingerprint = () => this.grammar.loaded().then(() => questions!.fingerprint());
    this.catalogues =
      questions &&
      new CatalogueKeeper({ questions: { ...questions, fingerprint }, judge, logger, changed, ...watch });
    this.tables = new TableJudge(this.catalogues && (() => this.catalogue()));
  }

  /** Resolves when the grammar is loaded and the catalogue was read, or can't be. Never rejects. */
  async ready(): Promise<void> {
    if (this.catalogues?.current()?.isInDoubt !== false) await this.catalogues?.refresh();
  }

  classify(builder: unknown): Classification {
    const catalogue = this.catalogue();
    const found = this.found(builder, catalogue);
    return found.intent === 'read' && catalogue?.isSerializable ? READ_ON_MASTER : found;
  }

  ofTransaction(config: TransactionConfig): Classification {
    return intentOfTransaction(config, this.catalogue()?.isSerializable === true);
  }

  private found(builder: unknown, catalogue: Catalogue | undefined): Classification {
    const found = this.tables.inspect(builder);
    if (found.intent === 'write' || found.awaitsCatalogue) return found;
    if (found.intent === 'read' && !this.mustSeeText(builder, catalogue)) return found;
    return this.ofText(builder, catalogue);
  }

  /** All tables that a query reads, as far as they can be told; of a whole transaction, undefined, they can't. */
  tablesOf(builder: object | undefined): QueryTables {
    return (this.finder ??= this.createFinder()).find(builder);
  }

  /**
   * A slave refused the query as a write (25006): what is to blame never goes to one again, until it is changed. That is a function
   * of the app's own where it can be told, else the text, and the table of a builder that names one table and nothing else.
   */
  remember(builder: unknown, error: unknown): void {
    const sql = queryText(builder);
    const isTold = sql !== undefined && this.refusals.learn(sql, error);
    this.forget();
    if (isTold || inspectBuilder(builder).intent !== 'read') return;
    if (!this.tables.remember(builder)) this.refusedBuilders = true;
  }

  /** Something that `changesCatalogue` has taken effect. */
  catalogueChanged(change: Classification['changesCatalogue']): void {
    if (change === 'perhaps') this.catalogues?.look();
    else if (change) this.catalogues?.invalidate();
  }

  /** Resolves when what `awaitsCatalogue` can be decided, or takes too long; undefined: there is nothing to wait for. */
  awaited(): Promise<void> | undefined {
    return this.catalogues?.awaited();
  }

  /** A server knows something else than is known here: somebody else may have changed it. */
  catalogueMayHaveChanged(): void {
    this.catalogues?.request();
  }

  start(): void {
    this.catalogues?.start();
  }

  stop(): void {
    this.catalogues?.stop();
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
    const decided = this.texts.of(builder, (sql) => this.decide(sql, catalogue)) ?? NO_TEXT;
    if (decided.namesUnknown) this.catalogues?.request();
    return decided;
  }

  private decide(sql: string, catalogue: Catalogue | undefined): Classification {
    if (this.refusals.has(sql)) return REFUSED;
    const found = this.catalogues ? this.inspect(sql, catalogue) : inspectLeadingWord(sql);
    if (found.intent !== 'unproved') return withVersions(found, sql, catalogue, this.walk);
    const said = this.classifySql?.(sql);
    return said === undefined ? found : { ...found, intent: said, because: 'the classify option says so' };
  }

  private readonly walk: WalkSql = (sql, listener) => this.inspect(sql, this.catalogues?.current(), listener);

  private inspect(sql: string, catalogue: Catalogue | undefined, listener?: NameListener): Classification {
    const { parse } = this.grammar;
    if (!parse) return NO_PARSER;
    if (sql.includes('\\') && catalogue?.backslashEscapes !== false) return BACKSLASH;
    try {
      return inspectSql(parse(sql), catalogue, listener);
    } catch (error) {
      return unproved(`it can't be parsed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  private createFinder(): TableFinder {
    const readsSql = this.catalogues !== undefined;
    return new TableFinder({ readsSql, catalogue: () => this.catalogues?.current(), walk: this.walk });
  }

  private forget(): void {
    this.heldWarning.note(this.catalogues?.current());
    this.finder?.forget();
    this.writes.forget();
    this.texts.forget();
    this.tables.forget();
  }
}
