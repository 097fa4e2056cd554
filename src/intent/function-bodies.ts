import type { FunctionRow } from './catalogue-rows.js';
import { MAKES_ANY_TYPE } from './reviewed-functions.js';
import { type Verdict, isHeld } from './verdict.js';

/** What is asked of the catalogue that a body's words may stand for. */
export interface NamesInBodies {
  readonly typesMayWrite: boolean;
  /** By name alone. */
  readonly heldOperators: readonly string[];
  function(schema: undefined, name: string): Verdict;
  relation(schema: undefined, name: string): Verdict;
  type(name: string): Verdict;
}

/** Languages in which all that a body calls stands in it by name; `aggregate` is ours, for the functions of an aggregate. */
const BY_NAME = new Set(['sql', 'plpgsql', 'aggregate']);

/** Strings and comments; names in quotes are kept. Where one of them could be read in another way, nothing is skipped. */
const SKIPPED = /--[^\n\r]*|\/\*(?:[^*/]|\*(?!\/)|\/(?!\*))*\*\/|'[^']*'|("(?:[^"]|"")*")/g;
const AMBIGUOUS = /\\|\$(?!\d)/;
const ESCAPED_NAME = /u&"/i;
const WORD = /"(?:[^"]|"")*"|[a-z_\u0080-\uffff][\w$\u0080-\uffff]*/gi;

/**
 * What functions do that are called stable or immutable, by their bodies. PostgreSQL itself lets such a body neither write
 * rows nor set or lock anything by a statement; but it lets the body call functions that do. So a body is safe if no word in
 * it names anything held, and it runs no SQL out of a string (EXECUTE). Functions in C are believed.
 */
export function verdictOfBody(
  { language, body }: FunctionRow,
  names: NamesInBodies,
  judgeSql: (sql: string) => Verdict,
): Verdict {
  if (!language) return 'safe';
  if (!BY_NAME.has(language)) return 'doubtful';
  const code = codeOf(body ?? '');
  if (code !== undefined && isQuiet(code, names)) return 'safe';
  // by its words alone a column counts as the function of its name
  return language === 'sql' && judgeSql(body ?? '') === 'safe' ? 'safe' : 'doubtful';
}

function isQuiet(code: string, names: NamesInBodies): boolean {
  if (names.heldOperators.some((operator) => code.includes(operator))) return false;
  return ![...wordsIn(code)].some((word) => isHeldWord(word, names));
}

/** As they stand, and as the server folds them. */
export function wordsIn(code: string): ReadonlySet<string> {
  const words = new Set<string>();
  for (const [word] of code.matchAll(WORD)) {
    if (word.startsWith('"')) words.add(word.slice(1, -1).replaceAll('""', '"'));
    else words.add(word).add(word.toLowerCase());
  }
  return words;
}

function isHeldWord(word: string, names: NamesInBodies): boolean {
  return (
    word === 'execute' ||
    (names.typesMayWrite && MAKES_ANY_TYPE.has(word)) ||
    isHeld(names.function(undefined, word)) ||
    isHeld(names.relation(undefined, word)) ||
    isHeld(names.type(word))
  );
}

/** What of a body is not in strings and comments; undefined where its names can't be told. */
export function codeOf(body: string): string | undefined {
  if (ESCAPED_NAME.test(body)) return undefined;
  if (!AMBIGUOUS.test(body)) {
    const code = body.replace(SKIPPED, (_part, name: string | undefined) => ` ${name ?? ''} `);
    if (!code.includes('/*') && !code.replace(WORD, '').includes("'")) return code;
  }
  return body.includes('"') ? undefined : body;
}
