import { beforeAll, describe, expect, it } from '@jest/globals';
import { withoutLongLists } from '../../../src/intent/long-lists.js';
import { KnownCatalogue } from './known-catalogue.js';

const MANY = 30_000;
const many = (item: (i: number) => string) => Array.from({ length: MANY }, (_, i) => item(i)).join(', ');
const NUMBERS = many(String);
/** Enough to be looked through, and short enough to be parsed with what is left of it. */
const SOME = Array.from({ length: 5_000 }, (_, i) => i).join(', ');

let known: KnownCatalogue;

beforeAll(async () => {
  known = await KnownCatalogue.of();
});

describe('a long list of values', () => {
  it.each([
    ['literals', `select * from posts where id in (${NUMBERS})`],
    ['bindings', `select * from posts where id in (${many((i) => `$${i + 1}`)})`],
    ['strings', `select * from posts where id in (${many((i) => `'it''s (${i}'`)})`],
    [
      'what is signed or missing',
      `select * from posts where id NOT IN (${many((i) => `-${i}, NULL, true`)})`,
    ],
    ['pairs', `select * from posts where (id, n) in (${many((i) => `($${2 * i + 1}, $${2 * i + 2})`)})`],
    ['rows', `select * from posts join (values ${many((i) => `(${i}, 'a')`)}) v(id, n) using (id)`],
    ['an array', `select * from posts where id = any(array[${NUMBERS}])`],
  ])('is looked into as far as it says something: %s', (_what, sql) => {
    expect(withoutLongLists(sql).length).toBeLessThan(200);
    expect([known.intent(sql), known.because(sql)]).toEqual(['read', expect.any(String)]);
  });

  it.each([
    ['in its middle', `select 1 in (${SOME}, nextval('s'), ${SOME})`],
    ['in a row', `values ${many((i) => `(${i})`)}, (nextval('s')), (1), (2)`],
    ['behind it', `select 1 in (${NUMBERS}), nextval('s')`],
    ['in an expression of it', `select 1 in (${NUMBERS}, 1 + nextval('s'))`],
    ['between strings', `select 1 in (${NUMBERS}, 'a', nextval('s'), 'b')`],
    ['after a quote in a string', `select 1 in (${NUMBERS}, 'a''', nextval('s'), ''',')`],
    ['in a name with a quote', `select 1 in (${NUMBERS}), 1 as "in ('", nextval('s'), 2 as "')"`],
  ])('does not hide a call: %s', (_what, sql) => {
    expect(known.intent(sql)).toBe('write');
  });

  it.each([
    ['arguments', `select concat(${NUMBERS})`],
    ['arguments of a function called in', `select s.in(${NUMBERS}), "in"(${NUMBERS})`],
    ['what could be an escape', `select 1 in (${NUMBERS}, '\\', nextval('s'), ')')`],
    ['what could be a comment', `select 1 in (${NUMBERS} /* ', 1, ' */)`],
    ['a string in dollars', `select 1 in (${NUMBERS}, $a$', nextval('s'), '$a$)`],
    ['strings of other kinds', `select 1 in (${many((i) => `x'${i}'`)})`],
    ['a string without end', `select 1 in (${NUMBERS}, 'a)`],
    ['a short text', 'select 1 in (1, 2, 3)'],
  ])('leaves alone %s', (_what, sql) => {
    expect(withoutLongLists(sql)).toBe(sql);
  });
});

describe('a long text without lists', () => {
  const columns = Array.from({ length: 3_000 }, (_, i) => `coalesce(p.c${i}, $1) as c${i}`).join(', ');

  it('is parsed, as a view of 80 KB is', () => {
    const sql = `select ${columns} from posts p`;
    expect(sql.length).toBeGreaterThan(80_000);
    expect(known.intent(sql)).toBe('read');
  });

  it('is not where it may nest too deep', () => {
    expect(() => known.intent(`select 1${'+1'.repeat(9_000)}, ${columns} from posts p`)).toThrow(
      /may nest too deep/,
    );
  });
});
