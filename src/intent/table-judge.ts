import { inspectBuilder } from './builder-inspector.js';
import type { Catalogue } from './catalogue.js';
import { parseTableName } from './table-name.js';
import type { Verdict } from './verdict.js';

const MOST_REMEMBERED = 10_000;

/** What is known of tables as builders name them: by the catalogue, and by slaves that refused a read of one. */
export class TableJudge {
  private readonly verdicts = new Map<string, Verdict>();
  private readonly refused = new Set<string>();

  constructor(private readonly catalogue: () => Catalogue | undefined) {}

  /** Whether there is anything to look up in. */
  get knows(): boolean {
    return this.catalogue() !== undefined || this.refused.size > 0;
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

  /** Another catalogue is known; what slaves refused stays refused. */
  forget(): void {
    this.verdicts.clear();
  }

  private lookUp(text: string, withSchema: string | undefined): Verdict {
    const { schema, name } = parseTableName(text, withSchema);
    if (this.refused.has(name)) return 'unsafe';
    return this.catalogue()?.relation(schema, name) ?? 'safe';
  }
}
