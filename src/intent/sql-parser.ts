import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { here } from '../here.js';
import { withoutLongLists } from './long-lists.js';
import { heaviestNesting } from './nesting.js';

/** A node of PostgreSQL's parse tree: fields, or one capitalised key that names the node's type. */
export type SqlNode = Readonly<Record<string, unknown>>;

/** The statements of a text; throws where PostgreSQL's grammar refuses it. */
export type ParseSql = (sql: string) => readonly SqlNode[];

interface GrammarModule {
  loadModule(): Promise<void>;
  parseSync(sql: string): { stmts?: readonly { stmt?: SqlNode }[] };
}

/** Longer texts are not parsed: past it one statement would keep the event loop for more than some 50 ms. */
const LONGEST = 131_072;

/** Still longer ones are not even looked through for lists of literals; 65,535 bindings take half of it. */
const LONGEST_WITH_LISTS = 1_000_000;

/*
 * What the grammar takes of the call stack, in bytes, as it was measured (libpg-query 18.1.5, Node 20): nothing nests
 * without a word or a character that is none; 105 a link of `not not`, `1+1+1`, `::a::a`, 180 a call, 390 a subquery.
 */
const STACK_AT_LEAST = 40_000;
const STACK_A_CHARACTER = 56;
const STACK_A_WORD = 110;
const STACK_A_SUBQUERY = 300;
const WEIGHTS = { word: STACK_A_WORD, subquery: STACK_A_SUBQUERY };
/** About half of what Node gives a thread. */
const STACK_AT_MOST = 450_000;

const WORDS = /[^\W\d]\w*|[^\w\s,.'"$]/g;
const SUBQUERIES = /\b(?:select|values|table|with)\b/gi;

/**
 * A call of a function with one argument takes 64 bytes of the stack or more. So half as much again as was measured must be there: Node 24
 * takes up to a fifth more for the same statement.
 */
const STACK_A_CALL = 40;

/** The text is not one that may be given to the parser; what it does is not known. */
export class NotParsedError extends Error {}

/** What a parser tells the one that has loaded it. */
export interface ParserListener {
  /** The parser failed, and is loaded anew, if that can be; until then nothing is parsed. */
  broken(cause: unknown): void;
  /** It parses again what it has refused meanwhile. */
  mended(): void;
}

/** What breaks it so often is no accident: then it stays broken. */
const MOST_LOADS = 100;

/**
 * PostgreSQL's own grammar, compiled to WebAssembly (libpg-query); about 30 µs a statement. There is one instance in a process,
 * loaded by the first who asks, so that what breaks it breaks it for all sets of engines. A statement that exhausts the stack
 * leaves an instance broken for good, so there must be room beforehand; should it happen all the same, another one is loaded.
 * Until then everything is unproved, which is slower and always right.
 */
class Grammar {
  private loading: Promise<void> | undefined;
  private instance: GrammarModule | undefined;
  private loads = 0;
  /** Those whom an instance that is broken has refused something. */
  private refused = new Set<ParserListener>();

  load(): Promise<void> {
    return (this.loading ??= this.use(import('libpg-query')));
  }

  parse(sql: string, listener: ParserListener): readonly SqlNode[] {
    const { instance } = this;
    if (!instance) {
      this.refused.add(listener);
      throw new NotParsedError('the parser is out of order');
    }
    if (sql.length > LONGEST_WITH_LISTS) throw tooLong(LONGEST_WITH_LISTS);
    const shortened = withoutLongLists(sql);
    refuseTooMuch(shortened);
    try {
      return (instance.parseSync(shortened).stmts ?? []).flatMap(({ stmt }) => (stmt ? [stmt] : []));
    } catch (error) {
      if (!isSyntaxError(error)) this.replace(listener, error);
      throw error;
    }
  }

  private replace(listener: ParserListener, cause: unknown): void {
    this.instance = undefined;
    this.refused.add(listener);
    listener.broken(cause);
    if (this.loads < MOST_LOADS)
      void this.use(loadAnew()).then(
        () => this.mended(),
        () => undefined,
      );
  }

  private mended(): void {
    const { refused } = this;
    this.refused = new Set();
    for (const listener of refused) listener.mended();
  }

  private async use(module: Promise<unknown>): Promise<void> {
    this.loads++;
    const loaded = (await module) as GrammarModule & { default?: GrammarModule };
    const instance = loaded.default ?? loaded; // CommonJS: Node gives its exports as the default, bundlers spread them
    await instance.loadModule();
    this.instance = instance;
  }
}

const grammar = new Grammar();

export async function loadSqlParser(listener: ParserListener): Promise<ParseSql> {
  await grammar.load();
  return (sql) => grammar.parse(sql, listener);
}

/** Another instance than the one that is broken: the library keeps its own as long as its files are loaded. */
async function loadAnew(): Promise<unknown> {
  const load = createRequire(here);
  const path = load.resolve('libpg-query');
  for (const loaded of Object.keys(load.cache))
    if (dirname(loaded) === dirname(path)) delete load.cache[loaded];
  return load(path) as unknown;
}

function refuseTooMuch(sql: string): void {
  if (sql === '') throw new NotParsedError('it is empty');
  if (sql.length > LONGEST) throw tooLong(LONGEST);
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
  const all = Math.min(atMost, counted);
  const nested = all > STACK_AT_MOST / 2 ? heaviestNesting(sql, WEIGHTS) : undefined;
  return STACK_AT_LEAST + Math.min(all, nested ?? all);
}

function tooLong(longest: number): NotParsedError {
  return new NotParsedError(`it is longer than ${longest} characters`);
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
