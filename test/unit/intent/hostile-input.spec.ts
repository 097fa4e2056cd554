import { beforeAll, describe, expect, it } from '@jest/globals';
import { type ParseSql, NotParsedError, loadSqlParser } from '../../../src/intent/sql-parser.js';
import { cpuMsOf } from '../cpu-time.js';

/** What can nest, or chain, without an end. */
const CHAINS: Readonly<Record<string, (n: number) => string>> = {
  parentheses: (n) => `select ${'('.repeat(n)}1${')'.repeat(n)}`,
  plus: (n) => `select 1${'+1'.repeat(n)}`,
  minus: (n) => `select ${'- '.repeat(n)}1`,
  not: (n) => `select ${'not '.repeat(n)}true`,
  casts: (n) => `select a${'::int'.repeat(n)}`,
  'short casts': (n) => `select a${'::a'.repeat(n)}`,
  'at time zone': (n) => `select a${` at time zone 'u'`.repeat(n)}`,
  'at local': (n) => `select a${' at local'.repeat(n)}`,
  'is null': (n) => `select a${' is null'.repeat(n)}`,
  isnull: (n) => `select a${' isnull'.repeat(n)}`,
  collate: (n) => `select a${' collate b'.repeat(n)}`,
  'and or': (n) => `select a${' and b or c'.repeat(n)}`,
  in: (n) => `select a${' in(b)'.repeat(n)}`,
  selects: (n) => `select ${'(select '.repeat(n)}1${')'.repeat(n)}`,
  'selects without space': (n) => `${'select('.repeat(n)}table a${')'.repeat(n)}`,
  exists: (n) => `select ${'exists(select '.repeat(n)}1${')'.repeat(n)}`,
  'subqueries in from': (n) => `select * from ${'(select * from '.repeat(n)}t${') x'.repeat(n)}`,
  ctes: (n) => `${'with a as ('.repeat(n)}select 1${') select 1'.repeat(n)}`,
  unions: (n) => `select 1${' union select 1'.repeat(n)}`,
  joins: (n) => `select * from a${' cross join a'.repeat(n)}`,
  'joins to the right': (n) => `select * from ${'a join '.repeat(n)}a${' on b'.repeat(n)}`,
  'joins in parentheses': (n) => `select * from ${'('.repeat(n)}a${' cross join a)'.repeat(n)}`,
  calls: (n) => `select ${'f('.repeat(n)}1${')'.repeat(n)}`,
  cases: (n) => `select ${'case when '.repeat(n)}a${' then b end'.repeat(n)}`,
  else: (n) => `select ${'case when a then b else '.repeat(n)}a${' end'.repeat(n)}`,
  arrays: (n) => `select array${'['.repeat(n)}1${']'.repeat(n)}`,
  subscripts: (n) => `select a${'[1]'.repeat(n)}`,
  rows: (n) => `select ${'row('.repeat(n)}1${')'.repeat(n)}`,
  windows: (n) => `select ${'f() over(order by '.repeat(n)}a${')'.repeat(n)}`,
  'grouping sets': (n) => `select 1 group by ${'grouping sets('.repeat(n)}a${')'.repeat(n)}`,
  comments: (n) => `select 1 ${'/*'.repeat(n)}${'*/'.repeat(n)}`,
  'unions of columns': (n) => `select 1, 2${' union select 1, 2'.repeat(n)}`,
  'unions, in the first column': (n) => `select (select 1${' except select 1, 2'.repeat(n)}), 2`,
  'joins of lists': (n) => `select * from a, b${' join c using (d, e)'.repeat(n)}, f`,
  'commas in calls': (n) => `select ${'f(1, '.repeat(n)}1${', 2)'.repeat(n)}`,
  'commas in strings': (n) => `select 'a'${` || ','`.repeat(n)}`,
  'commas in names': (n) => `select a${' and ","'.repeat(n)}`,
  'commas in windows': (n) => `select f() over(${'order by a, f() over('.repeat(n)}${')'.repeat(n)})`,
  'sets of sets': (n) => `select 1 group by a, ${'grouping sets (b, '.repeat(n)}a${', c)'.repeat(n)}`,
  'ctes in ctes': (n) => `${'with a as (select 1), b as ('.repeat(n)}select 1${') select 1'.repeat(n)}`,
  'many ctes': (n) => `with a as (select 1)${', b as (select 1)'.repeat(n)} select 1`,
  'whens of cases': (n) => `select case${' when a then (b, c)'.repeat(n)} end`,
  commas: (n) => `select 1${',1'.repeat(n)}`,
  statements: (n) => 'select 1;'.repeat(n),
  semicolons: (n) => ';'.repeat(n),
};

let parse: ParseSql;
const broken: unknown[] = [];

beforeAll(async () => {
  parse = await loadSqlParser({ broken: (cause) => void broken.push(cause), mended() {} });
  for (let i = 0; i < 2_000; i++) parse('select 1'); // as optimized as it will be
});

/** Either an answer of the grammar or a refusal, and the parser still works. */
function answered(sql: string): string {
  let answer = 'parsed';
  const tookMs = cpuMsOf(() => {
    try {
      parse(sql);
    } catch (error) {
      if (error instanceof Error && ['SqlError', 'NotParsedError', 'Error'].includes(error.name))
        answer = error.message;
      else throw error;
    }
  });
  expect(tookMs).toBeLessThan(1_000);
  return answer;
}

function stillRight(): void {
  expect(broken).toEqual([]);
  expect(Object.keys(parse('select 1')[0] ?? {})).toEqual(['SelectStmt']);
}

/** The stack as deep as Node lets it be, and a little less at each step out. */
function atEachDepth(work: () => void, every: number): void {
  const descend = (depth: number): number => {
    let reached = depth;
    try {
      reached = descend(depth + 1);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
    if ((reached - depth) % every === 0) work();
    return reached;
  };
  descend(0);
}

describe('hostile SQL', () => {
  it('is answered and harms nothing, whatever it nests, at any length', () => {
    for (const chain of Object.values(CHAINS)) {
      for (const n of [100, 500, 1_000, 2_000, 4_000, 10_000]) answered(chain(n));
    }
    stillRight();
  });

  it('is answered where the longest texts are allowed at all', () => {
    for (const chain of Object.values(CHAINS)) {
      const a = chain(1_000).length;
      const each = (a - chain(0).length) / 1_000;
      answered(chain(Math.floor((131_072 - chain(0).length) / each)));
    }
    stillRight();
  });

  it('is answered however deep in the call stack it is asked for', () => {
    for (const name of ['plus', 'not', 'selects', 'at local', 'calls', 'comments']) {
      for (const n of [5, 50, 500, 900]) {
        atEachDepth(() => {
          try {
            parse(CHAINS[name]!(n));
          } catch (error) {
            if (error instanceof RangeError) return; // of JavaScript's own code around it
            expect(error).toBeInstanceOf(Error);
          }
        }, 97);
        stillRight();
      }
    }
  });

  it('is parsed 5,000 calls deep as well, where it is what people write', () => {
    const query = `select ${Array.from({ length: 300 }, (_, i) => `coalesce(a.c${i}, 'x') as c${i}`).join(', ')} from a`;
    const at = (depth: number): number => (depth === 0 ? parse(query).length : at(depth - 1));
    expect(at(5_000)).toBe(1);
  });

  it.each([
    ['1 MB', `select '${'x'.repeat(1_000_000)}'`],
    ['10,000 levels of parentheses', CHAINS['parentheses']!(10_000)],
    ['100,000 additions', CHAINS['plus']!(100_000)],
    ['a NUL', 'select 1 \0; delete from a'],
    ['a quote that is not closed', `select 'a`],
    ['half a surrogate pair', `select '\uD800'`],
    ['the other half', `select '\uDC00' as "\uDFFF"`],
    ['nothing', ''],
    ['blanks', ' \n\t'],
    ['a dollar quote that is not closed', 'select $a$ $b$'],
    [
      'binary noise',
      Array.from({ length: 500 }, (_, i) => String.fromCharCode((i * 7919) % 0xd7ff || 1)).join(''),
    ],
  ])('is answered: %s', (_what, sql) => {
    answered(sql);
    stillRight();
  });

  it('takes no memory that stays', () => {
    const answerMany = (times: number) => {
      for (let i = 0; i < times; i++) {
        answered(CHAINS['plus']!(1_000 + (i % 7)));
        answered(`select '${'y'.repeat(1_000_000 + i)}'`);
      }
    };
    answerMany(20);
    const before = process.memoryUsage();
    answerMany(300);
    const after = process.memoryUsage();
    expect(after.external - before.external).toBeLessThan(300 * 32_000); // not a thirtieth of the texts
    stillRight();
  });

  it('is refused by name', () => {
    expect(() => parse(`select '${'x'.repeat(140_000)}'`)).toThrow(NotParsedError);
    expect(() => parse('select (('.repeat(3_000))).toThrow(/may nest too deep/);
    expect(() => parse('select (')).toThrow(/syntax error/);
  });
});
