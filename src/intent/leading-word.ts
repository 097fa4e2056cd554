import { type Classification, unproved, write } from './intent.js';

/** Statements that write, lock, or leave something on the connection, on each SQL database that has them. */
const WRITING_WORDS = new Set(
  (
    'insert update delete replace merge truncate create alter drop rename grant revoke load lock unlock set begin start commit ' +
    'rollback savepoint release prepare deallocate use reset flush kill optimize repair install uninstall vacuum reindex attach detach'
  ).split(' '),
);

/** Spaces, brackets and comments before the first word. A comment of MySQL's that is run, `/*!`, is none. */
const FIRST_WORD = /^(?:[\s(;]|--[^\n]*(?:\n|$)|#[^\n]*(?:\n|$)|\/\*(?![!M])[\s\S]*?\*\/)*([a-z]+)/i;

const NO_GRAMMAR = unproved('raw SQL of this dialect is not looked into; the classify option can tell');

/** What SQL is of which there is no grammar here: a write where its first word says so; nothing proves a read. */
export function inspectLeadingWord(sql: string): Classification {
  const word = FIRST_WORD.exec(sql)?.[1]?.toLowerCase();
  return word !== undefined && WRITING_WORDS.has(word) ? write(`it begins with ${word}`) : NO_GRAMMAR;
}
