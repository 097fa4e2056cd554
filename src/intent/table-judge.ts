import { inspectBuilder } from './builder-inspector.js';
import type { Catalogue } from './catalogue.js';
import { type Classification, READ } from './intent.js';
import { parseTableName } from './table-name.js';
import type { Verdict } from './verdict.js';

const MOST_REMEMBERED = 10_000;

/** A read by its clauses, of what may be a view that does more: it is sent to no slave unless one is named. */
const AWAITED: Classification = Object.freeze({
  ...READ,
  because: 'its clauses only read, and the catalogue is not there yet to tell of its tables',
  awaitsCatalogue: true,
});

/** What is known of tables as builders name them: by the catalogue, and by slaves that refused a read of one. */
export class TableJudge {
  private readonly verdicts = new Map<string, Verdict>();
  private readonly refused = new Set<string>();

  /** `catalogue`: undefined for a dialect of which none is read: there all tables are on slaves. */
  constructor(private readonly catalogue: (() => Catalogue | undefined) | undefined) {}

  /** Whether there is anything to look up in. */
  get knows(): boolean {
    return this.catalogue !== undefined || this.refused.size > 0;
  }

  /** Of a table as Knex takes it, `'s.posts as p'`, in the schema of `withSchema`. */
  readonly judge = (text: string, withSchema: string | undefined): Verdict => {
    const key = withSchema === undefined ? text : `${withSchema}\0${text}`;
    let verdict = this.verdicts.get(key);
    if (verdict === undefined) {
      verdict = this.lookUp(text, withSchema);
      if (this.verdicts.size > MOST_REMEMBERED) this.verdicts.clear();
      this.verdicts.set(key, verdict);
    }
    return verdict;
  };

  /** What a builder is, by its clauses and its tables. */
  inspect(builder: unknown): Classification {
    const found = inspectBuilder(builder, this.knows ? this.judge : undefined);
    if (!found.awaitsCatalogue) return found;
    const byClauses = inspectBuilder(builder);
    return byClauses.intent === 'read' ? AWAITED : byClauses;
  }

  /** A slave refused this builder. Blames the one table that it names; false where it names several, or none. */
  remember(builder: unknown): boolean {
    const named = new Set<string>();
    inspectBuilder(builder, (table, schema) => {
      named.add(parseTableName(table, schema).name);
      return 'safe';
    });
    const [table] = named;
    if (table === undefined || named.size > 1) return false;
    this.refused.add(table);
    this.forget();
    return true;
  }

  /** What slaves refused is given another chance. */
  forgetRefused(): void {
    this.refused.clear();
    this.forget();
  }

  /** Something else is known; what slaves refused stays refused. */
  forget(): void {
    this.verdicts.clear();
  }

  private lookUp(text: string, withSchema: string | undefined): Verdict {
    const { schema, name } = parseTableName(text, withSchema);
    if (this.refused.has(name)) return 'unsafe';
    if (!this.catalogue) return 'safe';
    const catalogue = this.catalogue();
    const verdict = catalogue?.relation(schema, name) ?? 'awaited';
    const tellsMore = catalogue?.differs(schema, name) || catalogue?.sqlIn(schema, name).length;
    return verdict === 'safe' && tellsMore ? 'unknown' : verdict; // the query's text is looked into
  }
}
