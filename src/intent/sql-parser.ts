/** A node of PostgreSQL's parse tree: fields, or one capitalised key that names the node's type. */
export type SqlNode = Readonly<Record<string, unknown>>;

/** The statements of a text; throws where PostgreSQL's grammar refuses it. */
export type ParseSql = (sql: string) => readonly SqlNode[];

interface GrammarModule {
  loadModule(): Promise<void>;
  parseSync(sql: string): { stmts?: readonly { stmt?: SqlNode }[] };
}

/** Longer texts are not parsed: past it one statement would keep the event loop for more than some 50 ms. */
const LONGEST = 32_768;

/*
 * What the grammar takes of the call stack, in bytes, as it was measured (libpg-query 18.1.5, Node 20): nothing nests
 * without a word or a character that is none; 105 a link of `not not`, `1+1+1`, `::a::a`, 180 a call, 390 a subquery.
 */
const STACK_AT_LEAST = 40_000;
const STACK_A_CHARACTER = 56;
const STACK_A_WORD = 110;
const STACK_A_SUBQUERY = 300;
/** About half of what Node gives a thread. */
const STACK_AT_MOST = 450_000;

const WORDS = /[^\W\d]\w*|[^\w\s,.'"$]/g;
const SUBQUERIES = /\b(?:select|values|table|with)\b/gi;

/** The least that a call of a function with one argument takes of the stack. */
const STACK_A_CALL = 56;

/** The text is not one that may be given to the parser; what it does is not known. */
export class NotParsedError extends Error {}

/**
 * PostgreSQL's own grammar, compiled to WebAssembly (libpg-query). Loaded once; about 30 µs a statement. A statement that
 * exhausts the stack leaves it broken for good, so there must be room beforehand, and should it happen all the same, the
 * parser is never asked again: everything is then unproved, which is slower and always right.
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
  if (sql === '') throw new NotParsedError('it is empty');
  if (sql.length > LONGEST) throw new NotParsedError(`it is longer than ${LONGEST} characters`);
  if (sql.includes('\0')) throw new NotParsedError('it holds a NUL');
  if (/\p{Surrogate}/u.test(sql)) throw new NotParsedError('it holds half a character');
  const bytes = stackFor(sql);
  if (bytes > STACK_AT_MOST) throw new NotParsedError('it may nest too deep');
  if (!hasRoom(bytes)) throw new NotParsedError('it was asked for too deep in the call stack');
}

function stackFor(sql: string): number {
  const atMost = sql.length * STACK_A_CHARACTER;
  if (atMost <= STACK_AT_LEAST) return STACK_AT_LEAST + atMost;
  const counted = count(sql, WORDS) * STACK_A_WORD + count(sql, SUBQUERIES) * STACK_A_SUBQUERY;
  return STACK_AT_LEAST + Math.min(atMost, counted);
}

function count(sql: string, pattern: RegExp): number {
  return sql.match(pattern)?.length ?? 0;
}

/** JavaScript may run out of stack as it likes; the grammar's own code may not. */
function hasRoom(bytes: number): boolean {
  try {
    return descend(Math.ceil(bytes / STACK_A_CALL)) === 0;
  } catch {
    return false;
  }
}

function descend(calls: number): number {
  return calls === 0 ? 0 : descend(calls - 1);
}

/** By name: the class is another one where the library was loaded twice. */
function isSyntaxError(error: unknown): boolean {
  return error instanceof Error && error.name === 'SqlError';
}
