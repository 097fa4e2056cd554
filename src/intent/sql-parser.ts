/** A node of PostgreSQL's parse tree: fields, or one capitalised key that names the node's type. */
export type SqlNode = Readonly<Record<string, unknown>>;

/** The statements of a text; throws where PostgreSQL's grammar refuses it. */
export type ParseSql = (sql: string) => readonly SqlNode[];

interface GrammarModule {
  loadModule(): Promise<void>;
  parseSync(sql: string): { stmts?: readonly { stmt?: SqlNode }[] };
}

/** Longer texts are not parsed: past it one statement would keep the event loop for more than some 30 ms. */
const LONGEST = 32_768;

/** Each of these characters can nest an expression deeper; the grammar's own stack takes twice as many. */
const NESTING_CHARACTERS = /[^\w\s,.'"$]/g;
const MOST_NESTING = 4_096;

/** The text is not one that may be given to the parser; what it does is not known. */
export class NotParsedError extends Error {}

/**
 * PostgreSQL's own grammar, compiled to WebAssembly (libpg-query). Loaded once; about 30 µs a statement. A statement that
 * exhausts its stack leaves it broken for good, so the depth is bounded beforehand, and should it happen all the same,
 * the parser is never asked again: everything is then unproved, which is slower and always right.
 */
export async function loadSqlParser(broken: (cause: unknown) => void): Promise<ParseSql> {
  const grammar = await loadGrammar();
  let usable = true;
  return (sql) => {
    if (!usable) throw new NotParsedError('the parser is out of order');
    refuseTooMuch(sql);
    try {
      return (grammar.parseSync(sql).stmts ?? []).flatMap(({ stmt }) => (stmt ? [stmt] : []));
    } catch (error) {
      if (!isSyntaxError(error)) {
        usable = false;
        broken(error);
      }
      throw error;
    }
  };
}

/** CommonJS: Node gives its exports as the default, bundlers spread them. */
async function loadGrammar(): Promise<GrammarModule> {
  const loaded = (await import('libpg-query')) as unknown as GrammarModule & { default?: GrammarModule };
  const grammar = loaded.default ?? loaded;
  await grammar.loadModule();
  return grammar;
}

function refuseTooMuch(sql: string): void {
  if (sql.length > LONGEST) throw new NotParsedError(`it is longer than ${LONGEST} characters`);
  if (sql.includes('\0')) throw new NotParsedError('it holds a NUL');
  if (sql.length > MOST_NESTING && (sql.match(NESTING_CHARACTERS)?.length ?? 0) > MOST_NESTING) {
    throw new NotParsedError('it nests too deep');
  }
}

/** By name: the class is another one where the library was loaded twice. */
function isSyntaxError(error: unknown): boolean {
  return error instanceof Error && error.name === 'SqlError';
}
