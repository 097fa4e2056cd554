import { type SqlToken, tokensOf } from './sql-tokens.js';

/** Shorter texts are parsed as they are. */
const SHORT = 4_096;

/** What takes a list of values: `in (1, 2)`, `array[1, 2]`, `values (1), (2)`. */
const OPENS_LIST: Readonly<Record<string, string | undefined>> = { '(': 'in', '[': 'array' };

const LITERAL = /^(?:'.*'|\$\d+|\d.*|true|false|null)$/is;

/**
 * The same statement with one literal or binding left of a list that holds many, or one row of them: what a query does is told
 * by the names in it, and the next 5,000 literals name nothing. Arguments of functions are left alone, since how many
 * there are tells which function is meant.
 */
export function withoutLongLists(sql: string): string {
  if (sql.length <= SHORT) return sql;
  const tokens = tokensOf(sql);
  return tokens ? new ListShortener(sql, tokens).shortened() : sql;
}

class ListShortener {
  private readonly kept: string[] = [];
  private keptUntil = 0;

  constructor(
    private readonly sql: string,
    private readonly tokens: readonly SqlToken[],
  ) {}

  shortened(): string {
    for (let i = 0; i < this.tokens.length;) i = this.opensList(i) ? this.list(i + 1) : i + 1;
    return this.kept.join('') + this.sql.slice(this.keptUntil);
  }

  private opensList(i: number): boolean {
    const isValues = this.word(i) === 'values';
    const before = isValues ? i - 1 : i - 2;
    const keyword = isValues ? undefined : OPENS_LIST[this.word(i)];
    const opens = isValues || (keyword !== undefined && this.word(i - 1) === keyword);
    return opens && this.word(before) !== '.'; // else it is a name in a schema
  }

  /** From a list's first item on; returns where it ends, or stops being literals. */
  private list(first: number): number {
    const end = this.itemEnd(first);
    if (end === undefined) return first;
    let last = end;
    for (let next; this.word(last) === ',' && (next = this.itemEnd(last + 1)) !== undefined;) last = next;
    this.drop(end, last);
    return last;
  }

  /** After a literal, or a row of them; undefined where there is something else. */
  private itemEnd(i: number): number | undefined {
    if (this.word(i) !== '(') return this.literalEnd(i);
    let end = this.literalEnd(i + 1);
    while (end !== undefined && this.word(end) === ',') end = this.literalEnd(end + 1);
    return end !== undefined && this.word(end) === ')' ? this.ended(end + 1) : undefined;
  }

  private literalEnd(i: number): number | undefined {
    const literal = this.word(i) === '-' ? i + 1 : i;
    return LITERAL.test(this.word(literal)) ? this.ended(literal + 1) : undefined;
  }

  /** An item ends at a comma or bracket; before anything else it is part of an expression. */
  private ended(end: number): number | undefined {
    const next = this.word(end);
    return next === ',' || next === ')' || next === ']' || end === this.tokens.length ? end : undefined;
  }

  private drop(from: number, to: number): void {
    if (from === to) return;
    this.kept.push(this.sql.slice(this.keptUntil, this.tokens[from]!.at));
    this.keptUntil = this.tokens[to]?.at ?? this.sql.length;
  }

  private word(i: number): string {
    return this.tokens[i]?.text.toLowerCase() ?? '';
  }
}
