import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import knex, { type Knex } from 'knex';
import type { CatalogueRows, FunctionRow } from '../../../src/intent/catalogue-rows.js';
import type { Classification } from '../../../src/intent/intent.js';
import type { ClassifySql } from '../../../src/intent/intent.js';
import { QueryClassifier } from '../../../src/intent/query-classifier.js';
import { eventually } from '../../integration/testing/eventually.js';
import { type Known, WATCHED, func, rowsOf, volatile } from './known-catalogue.js';
import { cpuMsOf } from '../cpu-time.js';

const MANY = 1_000_000;

const db = knex({ client: 'pg' });

/** A classifier over a master that is not there. */
class Bench {
  readonly warnings: string[] = [];
  readings = 0;
  fingerprint = 'the same';
  known: Known | Error = {};
  readonly classifier: QueryClassifier;

  constructor(classify?: ClassifySql, { postgres = true } = {}) {
    const logger = { debug() {}, warn: (message: string) => void this.warnings.push(message) };
    const told = () => Promise.resolve(this.fingerprint);
    const catalogue = postgres ? { read: () => this.read(), counters: told, fingerprint: told } : undefined;
    this.classifier = new QueryClassifier({
      catalogue,
      classifySql: classify,
      logger,
      watch: WATCHED,
    });
  }

  static async ready(known: Known | Error = {}, classify?: ClassifySql): Promise<Bench> {
    const bench = new Bench(classify);
    bench.known = known;
    await bench.classifier.ready();
    return bench;
  }

  intent(query: string | object): string {
    return this.classification(query).intent;
  }

  because(query: string | object): string {
    return this.classification(query).because;
  }

  classification(query: string | object): Classification {
    return this.classifier.classify(typeof query === 'string' ? db.raw(query) : query);
  }

  private async read(): Promise<CatalogueRows> {
    this.readings++;
    if (this.known instanceof Error) throw this.known;
    return rowsOf(this.known);
  }
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

describe('before the catalogue was read', () => {
  it('keeps raw SQL and builders on the master alike', () => {
    const bench = new Bench();
    expect(bench.intent('select 1')).toBe('unproved');
    expect(bench.classification(db('posts').select('id'))).toMatchObject({
      intent: 'read',
      awaitsCatalogue: true,
    });
    expect(bench.intent(db('posts').select(db.raw('now()')))).toBe('unproved');
    expect(bench.intent(db('posts').insert({ id: 1 }))).toBe('write');
  });

  it('has it read by the first query that asks, and forgets what it said until then', async () => {
    const bench = new Bench();
    expect(bench.intent('select now()')).toBe('unproved');
    await eventually(() => expect(bench.intent('select now()')).toBe('read'));
    expect(bench.readings).toBe(1);
  });

  it('judges defaults and checks with the grammar, however early it is asked', async () => {
    const bench = new Bench();
    bench.known = { functions: [func('f', { optional: 1, defaults: 'select now()' })] };
    bench.intent('select f()');
    await eventually(() => expect(bench.intent('select f()')).toBe('read'));
  });

  it('warns and stays on the safe side where it can not be read', async () => {
    const bench = await Bench.ready(new Error('down'));
    expect(bench.warnings).toEqual([expect.stringContaining('down')]);
    expect(bench.intent('select now()')).toBe('unproved');
    expect(bench.intent(`select 'a\\' , 1`)).toBe('unproved');
  });
});

/** What PostgreSQL answers to a write on a slave; `where`: the functions that were running. */
const refusal = (where?: string) =>
  Object.assign(new Error('cannot execute nextval()'), { code: '25006', where });
const REFUSAL = refusal();

describe('what it learns', () => {
  const made = {
    functions: [func('sly'), func('fine'), func('count_sly')],
    views: [['public', 'v', ['select sly(1)']] as const],
  };
  const texts = Array.from({ length: 20 }, (_, i) => `select sly(${i}), fine(1) from posts`);

  it.each<[string, string, string | undefined]>([
    ['the one function of its own that a text calls', 'select upper(title), sly(1) from posts', undefined],
    [
      'that of several which the server names',
      texts[0]!,
      'PL/pgSQL-Funktion sly(integer) Zeile 1 bei RETURN',
    ],
    ['one that a view calls', 'select * from v', 'SQL function "sly" statement 1'],
  ])('a function that a slave refused is held in all texts: %s', async (_what, sql, where) => {
    const bench = await Bench.ready(made);
    for (const text of texts) expect(bench.intent(text)).toBe('read');
    bench.classifier.remember(db.raw(sql), refusal(where));
    for (const text of texts) expect(bench.because(text)).toMatch(/sl(y|ave)/);
    for (const text of [...texts, 'select * from v']) expect(bench.intent(text)).toBe('write');
    for (const builder of [db('v'), db('posts').join('v', 'v.id', 'posts.id')])
      expect(bench.intent(builder)).toBe('write');
    for (const text of ['select fine(1)', 'select count_sly(1)', 'select upper(title) from posts'])
      expect(bench.intent(text)).toBe('read');
  });

  it('is held by its text where no function can be blamed', async () => {
    const bench = await Bench.ready(made);
    bench.classifier.remember(db.raw(texts[0]!), REFUSAL);
    expect(texts.map((text) => bench.intent(text))).toEqual(['write', ...Array<string>(19).fill('read')]);
  });

  it('is forgotten when the function is changed, and not when something else is', async () => {
    const bench = await Bench.ready(made);
    bench.classifier.remember(db.raw('select sly(1)'), REFUSAL);
    const change = async (version: string, more: FunctionRow[] = []) => {
      bench.known = { ...made, functions: [func('sly', { version }), func('fine'), ...more] };
      bench.classifier.catalogueChanged(true);
      await bench.classifier.awaited();
    };
    await change('1', [func('another')]);
    expect(bench.because('select sly(2)')).toBe('function sly was refused by a slave before');
    await change('2');
    expect(bench.intent('select sly(2)')).toBe('read');
  });

  it('is forgotten with any change where no function could be blamed', async () => {
    const bench = await Bench.ready(made);
    bench.classifier.remember(db.raw(texts[0]!), REFUSAL);
    bench.classifier.remember(db('posts'), REFUSAL);
    bench.known = { ...made, relations: [['public', 'fresh']] };
    bench.classifier.catalogueChanged(true);
    await bench.classifier.awaited();
    expect(bench.intent(texts[0]!)).toBe('read');
    expect(bench.intent(db('posts'))).toBe('read');
  });

  it('a text that a slave refused is none for slaves again', async () => {
    const bench = await Bench.ready();
    const raw = () => db.raw('select upper(?) from posts', ['a']);
    expect(bench.intent(raw())).toBe('read');
    bench.classifier.remember(raw(), REFUSAL);
    expect(bench.because(db.raw('select upper(?) from posts', ['b']))).toBe('a slave refused it before');
    expect(bench.intent('select upper($1) from authors')).toBe('read');
  });

  it('of a builder that names one table, the table', async () => {
    const bench = await Bench.ready();
    bench.classifier.remember(db('posts').where('id', 1), REFUSAL);
    expect(bench.intent(db('posts').select('title'))).toBe('write');
    expect(bench.intent(db('authors').whereIn('id', db('posts').select('id')))).toBe('write');
    expect(bench.intent(db('authors'))).toBe('read');
  });

  it('of a builder that names several, its text, so that the others stay on slaves', async () => {
    const bench = await Bench.ready();
    const joined = () => db('posts').join('authors', 'authors.id', 'posts.id');
    bench.classifier.remember(joined().where('posts.id', 1), REFUSAL);
    expect(bench.intent(joined().where('posts.id', 2))).toBe('write');
    expect(bench.intent(joined())).toBe('read');
    expect(bench.intent(db('posts'))).toBe('read');
  });

  it('that everything is held, of which it warns once', async () => {
    const bench = await Bench.ready({ operators: [['public', '=', false]] });
    expect(bench.intent(db('posts'))).toBe('unproved');
    bench.known = { operators: [['public', '=', false]], functions: [func('fresh')] };
    bench.classifier.catalogueChanged(true);
    await settled();
    expect(bench.warnings).toEqual([expect.stringMatching(/^All reads run on the master/)]);
  });

  it('DDL: the catalogue is read anew, and until then only what the app has made itself is in doubt', async () => {
    const app = { functions: [func('stays')], views: [['public', 'v', ['select 1']] as const] };
    const bench = await Bench.ready({ ...app, masterOnly: [['public', 'scratch']] });
    bench.known = { ...app, functions: [func('stays'), func('fresh')] };
    expect(bench.intent('select fresh(1)')).toBe('unproved');
    bench.classifier.catalogueChanged(true);
    expect(bench.intent('select upper($1)')).toBe('read');
    expect(bench.intent('select * from posts')).toBe('read');
    expect(bench.intent(db('posts'))).toBe('read');
    for (const doubtful of ['select stays(1)', 'select * from v', db('v')]) {
      expect(bench.classification(doubtful).awaitsCatalogue).toBe(true);
    }
    expect(bench.intent(db('scratch'))).toBe('write');
    await bench.classifier.awaited();
    for (const known of ['select fresh(1)', 'select stays(1)', db('v')])
      expect(bench.intent(known)).toBe('read');
    expect(bench.intent(db('scratch'))).toBe('unproved');
  });

  it('what may run DDL: nothing is in doubt, and the catalogue is looked at', async () => {
    const bench = await Bench.ready({ functions: [func('stays'), volatile('migrate')] });
    const { changesCatalogue } = bench.classification('select migrate(1)');
    expect(changesCatalogue).toBe('perhaps');
    expect(bench.classification(`select nextval('s')`).changesCatalogue).toBe(false);
    bench.known = { functions: [volatile('stays')] };
    bench.fingerprint = 'another';
    bench.classifier.catalogueChanged(changesCatalogue);
    expect(bench.intent('select stays(1)')).toBe('read');
    await settled();
    expect(bench.intent('select stays(1)')).toBe('write');
  });
});

describe('builders', () => {
  it('are looked at by their SQL where names are not what they print', async () => {
    const renaming = knex({
      client: 'pg',
      wrapIdentifier: (name, wrap) => wrap(name === 'x' ? 'bumps' : name),
    });
    const bench = await Bench.ready({
      views: [['public', 'bumps', [`select nextval('s')`]]],
      relations: [['public', 'x']],
    });
    expect(bench.intent(db('x'))).toBe('read');
    expect(bench.intent(renaming('x'))).toBe('write');
    expect(bench.intent(renaming('posts'))).toBe('read');
  });

  it('are so in a database with calls that look like columns', async () => {
    const bench = await Bench.ready({ functions: [func('visit', { stable: false })], ofOneRow: ['visit'] });
    expect(bench.intent(db('posts').select('posts.visit'))).toBe('write');
    expect(bench.intent(db('posts').select('posts.id'))).toBe('read');
  });

  it('of an unknown table are unproved, save where it is a CTE', async () => {
    const bench = await Bench.ready();
    expect(bench.intent(db('missing'))).toBe('unproved');
    expect(bench.intent(db.with('missing', db('posts')).from('missing'))).toBe('read');
    expect(bench.intent(db.withRecursive('r', (r) => void r.select('id').from('posts').union((u) => void u.select('id').from('r'))).from('r'))).toBe('read'); // prettier-ignore
  });

  it('that do not compile are left to Knex', async () => {
    const bench = await Bench.ready();
    expect(bench.because(db('posts').where(db.raw('a = ?', [])))).toBe(
      'it does not compile to one statement',
    );
  });
});

describe('raws that are written alike', () => {
  const WRITES = db.raw("nextval('posts_id_seq')");

  it('are told apart by what their bindings put into the SQL', async () => {
    const bench = await Bench.ready();
    expect(bench.intent(db.raw('select ?', [1]))).toBe('read');
    expect(bench.intent(db.raw('select ?', [WRITES]))).toBe('write');
    expect(bench.intent(db.raw('select ?', [db('posts').select(WRITES)]))).toBe('write');
    expect(
      bench.intent(db.raw('select ?', [((query: Knex.QueryBuilder) => void query.select(WRITES)) as never])),
    ).toBe('write');
    expect(bench.intent(db.raw('select :a', { a: 1 }))).toBe('read');
    expect(bench.intent(db.raw('select :a', { a: WRITES }))).toBe('write');
    expect(bench.intent(db.raw('select ?? from posts', ['id']))).toBe('read');
    expect(bench.intent(db.raw('select ?? from posts', [WRITES]))).toBe('write');
    expect(bench.intent(db.raw('select ?', [2]))).toBe('read');
  });

  it('are told apart by what they are wrapped in', async () => {
    const bench = await Bench.ready();
    expect(bench.intent(db.raw('select ?', [1]))).toBe('read');
    expect(bench.intent(db.raw('select ?', [1]).wrap('with w as (delete from posts) ', ''))).toBe('write');
    expect(bench.intent(db.raw('select ?', [1]).wrap('', ' for update'))).toBe('write');
  });

  it('are not held to be what one was with too many bindings', async () => {
    const bench = await Bench.ready();
    expect(bench.because(db.raw('select ?', [1, 2]))).toBe('it does not compile to one statement');
    expect(bench.intent(db.raw('select ?', [1]))).toBe('read');
  });

  it('are forgotten with what the catalogue said', async () => {
    const bench = await Bench.ready({ functions: [func('f')] });
    const raw = () => db.raw('select f(?)', [1]);
    expect(bench.intent(raw())).toBe('read');
    bench.known = { functions: [volatile('f')] };
    bench.classifier.catalogueChanged(true);
    expect(bench.intent(raw())).toBe('unproved');
    await settled();
    expect(bench.intent(raw())).toBe('write');
  });
});

describe('the classify option', () => {
  it('has the last word on what is not proved, once a text, and none on the rest', async () => {
    const asked: string[] = [];
    const bench = await Bench.ready({}, (sql) => {
      asked.push(sql);
      return sql.includes('fine') ? 'read' : sql.includes('bad') ? 'write' : undefined;
    });
    for (let i = 0; i < 3; i++) {
      expect(bench.intent('select fine(1)')).toBe('read');
      expect(bench.intent('select bad(1)')).toBe('write');
      expect(bench.intent('select odd(1)')).toBe('unproved');
      expect(bench.intent(`select nextval('fine')`)).toBe('write');
      expect(bench.intent(`select upper('bad')`)).toBe('read');
    }
    expect(asked).toEqual(['select fine(1)', 'select bad(1)', 'select odd(1)']);
  });
});

describe('other dialects', () => {
  it.each(['mysql', 'mysql2', 'mariadb', 'sqlite3', 'better-sqlite3'])(
    '%s: builders as ever, raw SQL unproved',
    (client) => {
      const dialect = knex({ client, useNullAsDefault: true });
      const bench = new Bench((sql) => (sql.startsWith('pragma') ? 'read' : undefined), { postgres: false });
      expect(bench.intent(dialect('posts').select('id').where('a', 1))).toBe('read');
      expect(bench.intent(dialect('posts').forUpdate())).toBe('write');
      expect(bench.intent(dialect('posts').insert({ a: 1 }))).toBe('write');
      expect(bench.intent(dialect.with('w', (w) => void w.from('posts').del()).from('w'))).toBe('write');
      expect(bench.intent(dialect.raw('select 1'))).toBe('unproved');
      expect(bench.intent(dialect('posts').whereRaw('a = 1'))).toBe('unproved');
      expect(bench.intent(dialect.raw('pragma table_info(posts)'))).toBe('read');
    },
  );
});

describe('hostile texts', () => {
  it.each([
    ['nothing', ''],
    ['1 MB', `select '${'x'.repeat(1_000_000)}'`],
    ['10,000 levels of parentheses', `select ${'('.repeat(10_000)}1${')'.repeat(10_000)}`],
    ['100,000 additions', `select 1${'+1'.repeat(100_000)}`],
    ['a NUL', 'select 1 \0'],
    ['half a character', `select '\uD800'`],
    ['a quote without an end', `select '`],
  ])('are unproved in no time, and the next one is told right: %s', async (_what, sql) => {
    const bench = await Bench.ready();
    expect(cpuMsOf(() => expect(bench.intent(sql)).toBe('unproved'))).toBeLessThan(400);
    expect(bench.intent('select upper($1)')).toBe('read');
    expect(bench.warnings).toEqual([]);
  });
});

describe('what it remembers is bounded', () => {
  it('at a million distinct texts', async () => {
    const bench = await Bench.ready();
    const raw = db.raw('select 1');
    let i = 0;
    const distinct = Object.assign(Object.create(raw) as Knex.Raw, {
      // most are refused before the grammar, or the test would take a quarter of a minute
      toSQL: () => ({
        sql: `select a${i} from posts where id = ${i}${i % 20 === 0 ? '' : '\0'} -- ${'x'.repeat(i % 50)}`,
      }),
    });
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0; // half of the time otherwise
    const heapAfter = (until: number) => {
      for (; i < until; i++) bench.classifier.classify(distinct);
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const { texts } = bench.classifier as unknown as {
      texts: { byText: { size: number; calculatedSize: number } };
    };
    const { byText } = texts;
    const early = heapAfter(20_000);
    const late = heapAfter(MANY);
    Error.stackTraceLimit = stackTraceLimit;
    expect(byText.size).toBeLessThanOrEqual(10_000);
    expect(byText.calculatedSize).toBeLessThanOrEqual(8_000_000);
    expect(late - early).toBeLessThan(30_000_000);
  });

  it('at long texts, which count by their length', async () => {
    const bench = await Bench.ready();
    for (let i = 0; i < 1_000; i++) bench.intent(`select ${i}, '${'x'.repeat(20_000)}'`);
    const { byText } = (bench.classifier as unknown as { texts: { byText: { size: number } } }).texts;
    expect(byText.size).toBeLessThanOrEqual(400);
    expect(byText.size).toBeGreaterThan(300);
  });
});
