import { queryText } from './query-text.js';

const LONGEST = 300;
const LONGEST_TO_LOOK_AT = 10_000;

/** In this order. Where a text could be read in two ways, all of the rest of it is taken for a value. */
const PARTS = [
  /--[^\n]*/, // a comment
  /\/\*(?:[^*/]|\*(?!\/)|\/(?!\*))*\*\//,
  /\/\*[\s\S]*/, // one that nests, or has no end
  /(?<![\w$])\$(?<tag>(?:[^\W\d]\w*)?)\$[\s\S]*?(?:\$\k<tag>\$|$)/, // a string in dollars
  /\$\d+/, // a binding
  /\b[eE]'(?:[^'\\]|\\[\s\S]|'')*(?:'|\\?$)/, // a string with escapes
  /(?:\b(?:[uU]&|[bBnNxX]))?'(?:[^'\\]|\\(?!')|'')*(?:'|$|\\'[\s\S]*)/, // any other string
  /"(?:[^"]|"")*"/, // a quoted name
  /"[\s\S]*/,
  /[^\W\d][\w$]*/, // a word
  /(?:\d[\w.]*|\.\d[\w.]*)(?:(?<=[eE])[+-]\d+)?/, // a number
];
const PART = new RegExp(PARTS.map(({ source }) => source).join('|'), 'g');
const COMMENT = /^(?:--|\/\*)/;
const KEPT = /^(?:\$\d|"[\s\S]*"$|[^\W\d][\w$]*$)/;

/** A query's SQL for a log: without comments and the values that stand in it, and not longer than a line or two. `otherwise`: for what does not compile to one statement, such as a change of the schema. */
export function queryShape(builder: unknown, otherwise = 'a query that does not compile'): string {
  const sql = queryText(builder) ?? otherwise;
  const shape = sql
    .slice(0, LONGEST_TO_LOOK_AT)
    .replace(PART, (part) => (COMMENT.test(part) ? '' : KEPT.test(part) ? part : '?'))
    .replace(/\s+/g, ' ')
    .trim();
  return shape.length > LONGEST ? `${shape.slice(0, LONGEST)}…` : shape;
}
