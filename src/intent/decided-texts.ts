import { LRUCache } from 'lru-cache';
import type { Classification } from './intent.js';
import { REMEMBERED, queryText, templateOf } from './query-text.js';

/** What texts were decided to be, until they are forgotten. */
export class DecidedTexts {
  private readonly byText = new LRUCache<string, Classification>(REMEMBERED);
  /** The same by what raws were written as, which spares compiling them. */
  private readonly byTemplate = new LRUCache<string, Classification>(REMEMBERED);

  /** Undefined for what does not compile to one statement. */
  of(builder: unknown, decide: (sql: string) => Classification): Classification | undefined {
    const template = templateOf(builder);
    const known = template === undefined ? undefined : this.byTemplate.get(template);
    if (known) return known;
    const sql = queryText(builder);
    if (sql === undefined) return undefined;
    let decided = this.byText.get(sql);
    if (!decided) this.byText.set(sql, (decided = decide(sql)));
    if (template !== undefined) this.byTemplate.set(template, decided);
    return decided;
  }

  forget(): void {
    this.byText.clear();
    this.byTemplate.clear();
  }
}
