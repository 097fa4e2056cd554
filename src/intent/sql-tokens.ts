/** A word, a literal, a name in quotes, or a single character of an operator or bracket, and where it stands. */
export interface SqlToken {
  readonly text: string;
  readonly at: number;
}

/** What could be read in two ways: escapes, comments, strings in dollars, names in Unicode escapes. */
const AMBIGUOUS = /\\|--|\/\*|\$(?!\d)|\bu&/i;

/** A string, a name in quotes, a binding, a word, a number, anything else. */
const TOKEN =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|\$\d+|[a-z_\u0080-\uffff][\w\u0080-\uffff]*|\d[\w.]*(?:(?<=e)[+-]\d+)?|\S/gi;

/** The tokens of a text; undefined where it holds anything that could be read in two ways. */
export function tokensOf(sql: string): readonly SqlToken[] | undefined {
  if (AMBIGUOUS.test(sql)) return undefined;
  const tokens: SqlToken[] = [];
  for (const { 0: text, index } of sql.matchAll(TOKEN)) {
    if (text === "'" || text === '"') return undefined; // it has no end
    tokens.push({ text, at: index });
  }
  return tokens;
}
