import { beforeAll, describe, expect, it } from '@jest/globals';
import knex, { type Knex } from 'knex';
import type { CatalogueRows } from '../../../src/intent/catalogue-rows.js';
import { READ } from '../../../src/intent/intent.js';
import type { WalkSql } from '../../../src/intent/named-tables.js';
import { QueryClassifier } from '../../../src/intent/query-classifier.js';
import { TableFinder } from '../../../src/intent/table-finder.js';
import { type Known, WATCHED, func, rowsOf } from './known-catalogue.js';

const db = knex({ client: 'pg' });

const KNOWN: Known = {
  functions: [func('search'), func('twice', { immutable: true })],
  relations: [['public', 'slurpee'], ['public', 'tags'], ['app', 'posts'], ['public', 'rows'], ['public', 'w']], // prettier-ignore
  views: [
    ['public', 'active', ['select * from authors where exists (select from tags)']],
    ['public', 'above', ['select * from active, rows']],
    ['public', 'searched', ['select search(1) from tags']],
    ['public', 'guarded', ['select exists (select from tags)', 'select exists (select from guarded)']],
    ['app', 'active', ['select * from app.posts']],
  ],
};

function classifierOf(readCatalogue: (() => Promise<CatalogueRows>) | undefined): QueryClassifier {
  const logger = { debug() {}, warn() {} };
  const told = () => Promise.resolve('the same');
  const catalogue = readCatalogue && { read: readCatalogue, counters: told, fingerprint: told };
  return new QueryClassifier({ catalogue, classifySql: undefined, logger, watch: WATCHED });
}

async function knowing(known: Known): Promise<QueryClassifier> {
  const classifier = classifierOf(async () => rowsOf(known));
  await classifier.ready();
  return classifier;
}

const ALL = (names: string[]) => ({ names, areAll: true });

let classifier: QueryClassifier;

beforeAll(async () => {
  classifier = await knowing(KNOWN);
});

describe('the tables of a query', () => {
  it.each<[string, object, string[]]>([
    ['a name', db('posts'), ['posts']],
    ['with a schema', db('public.posts'), ['posts']],
    ['with an alias', db('posts as p'), ['posts']],
    ['with both, in capitals', db('public.posts AS p'), ['posts']],
    ['withSchema', db('posts').withSchema('app'), ['posts']],
    ['an alias in an object', db({ p: 'posts', a: 'app.authors' }), ['posts', 'authors']],
    ['joins', db('posts').join('authors as a', 'a.id', 'posts.id').leftJoin({ t: 'tags' }, 't.id', 'a.id'), ['posts', 'authors', 'tags']], // prettier-ignore
    ['from()', db.select('*').from('posts'), ['posts']],
    ['a table named twice', db('posts').join('posts as p', 'p.id', 'posts.id'), ['posts']],
    ['from(subquery)', db.from(db('posts').as('p')), ['posts']],
    ['a subquery with an alias in an object', db({ p: db('posts') } as never), ['posts']],
    [
      'from(callback)',
      db.from(((query: Knex.QueryBuilder) => query.from('posts').as('p')) as never),
      ['posts'],
    ],
    ['a join with a subquery', db('posts').join(db('tags').as('t'), 't.id', 'posts.id'), ['posts', 'tags']],
    ['whereIn', db('posts').whereIn('id', db('tags').select('id')), ['posts', 'tags']],
    ['whereExists', db('posts').whereExists(db('tags')), ['posts', 'tags']],
    ['a where-callback', db('posts').where((where) => void where.whereIn('id', (query) => void query.from('tags'))), ['posts', 'tags']], // prettier-ignore
    ['a column', db('posts').select(db('tags').count().as('n')), ['posts', 'tags']],
    ['union', db('posts').union([db('tags'), db('authors')]), ['posts', 'tags', 'authors']],
    ['knex.ref()', db.from(db.ref('posts') as never), ['posts']],
    ['raw SQL in from', db.from(db.raw('posts')), ['posts']],
    ['raw SQL in a where', db('posts').whereRaw('exists (select from tags)'), ['posts', 'tags']],
    ['raw SQL in a join', db('posts').joinRaw('natural join tags'), ['posts', 'tags']],
    ['a raw query', db.raw('select * from app.posts p, authors where id in (select id from tags)'), ['posts', 'authors', 'tags']], // prettier-ignore
    ['a raw query with bindings', db.raw('select * from ?? where id = ?', ['posts', 1]), ['posts']],
    ['EXPLAIN', db.raw('explain select * from posts'), ['posts']],
    ['a raw union', db.raw('table posts union select * from tags'), ['posts', 'tags']],
    ['a value that looks like a table', db('posts').where('about', { table: 'tags' }), ['posts']],
    ['no table', db.select('x'), []],
    ['SHOW', db.raw('show work_mem'), []],
  ])('%s', (_what, builder, names) => {
    expect(classifier.tablesOf(builder)).toEqual(ALL(names));
  });

  it.each<[string, object, string[]]>([
    ['its query is read', db.with('w', db('posts')).from('w'), ['posts']],
    ['in a subquery', db.from(db.with('w', db('posts')).from('w').as('s')), ['posts']],
    ['hides a table below it only', db.with('posts', db('posts').whereExists(db('tags'))).from('posts'), ['posts', 'tags']], // prettier-ignore
    ['of the name of a table that is not read', db.with('w', db('tags')).from('w').join('posts', 'w.id', 'posts.id'), ['posts', 'tags']], // prettier-ignore
    ['of its own schema is a table', db.with('w', db('tags')).from('public.w'), ['w', 'tags']],
    ['in raw SQL', db.raw('with w as (table posts), v as (table w) table v'), ['posts']],
    ['recursive', db.withRecursive('w', db('posts').union(db('w'))).from('w'), ['posts']],
    ['after it ended', db.raw('select from (with w as (table posts) table w) s, w'), ['posts', 'w']],
  ])('the name of a CTE is none: %s', (_what, builder, names) => {
    const found = classifier.tablesOf(builder);
    expect([found.names.toSorted(), found.areAll]).toEqual([names.toSorted(), true]);
  });

  it.each<[string, object, string[]]>([
    ['the tables below it', db('public.active'), ['active', 'authors', 'tags']],
    ['those below views below it', db('above'), ['above', 'active', 'authors', 'tags', 'posts', 'rows']],
    ['in raw SQL', db.raw('select * from public.active'), ['active', 'authors', 'tags']],
    ['of the schema that is named', db('active').withSchema('app'), ['active', 'posts']],
    ['of every schema where none is named', db('active'), ['active', 'authors', 'tags', 'posts']],
    ['a policy of a table', db('guarded'), ['guarded', 'tags']],
  ])('a view counts as itself and more: %s', (_what, builder, names) => {
    expect(classifier.tablesOf(builder)).toEqual(ALL(names));
  });

  it('are known by the names that the database has, whatever Knex makes of them', () => {
    const wrapIdentifier = (name: string, quoted: (name: string) => string) => quoted(name.toLowerCase());
    const renaming = knex({ client: 'pg', wrapIdentifier });
    expect(classifier.tablesOf(renaming('POSTS').whereExists(renaming('Tags')))).toEqual(
      ALL(['posts', 'tags']),
    );
  });

  it('follow the catalogue: a view that was created is looked into', async () => {
    let views: CatalogueRows['views'] = [];
    const learning = classifierOf(async () => rowsOf({ views }));
    await learning.ready();
    expect(learning.tablesOf(db('posts')).names).toEqual(['posts']);
    views = [['public', 'posts', ['select * from authors']]];
    learning.catalogueChanged(true);
    await learning.ready();
    expect(learning.tablesOf(db('posts')).names).toEqual(['posts', 'authors']);
  });
});

describe('what can not be told', () => {
  it.each<[string, object | undefined, string[]]>([
    ['SQL that can not be parsed', db.raw('select from posts where where'), []],
    ['several statements', db.raw('table posts; table tags'), []],
    ['what does not compile', db.raw('select * from posts where id = ?', []), []],
    ['a transaction as a whole', undefined, []],
    ['a function that may read tables', db('posts').select(db.raw('search(id)')), ['posts']],
    ['such a function below a view', db('searched'), ['searched', 'tags']],
    ['a function that nobody knows', db('posts').select(db.raw('unheard_of(id)')), ['posts']],
  ])('%s', (_what, builder, names) => {
    expect(classifier.tablesOf(builder)).toEqual({ names, areAll: false });
  });

  it("is told where functions are immutable or PostgreSQL's own", () => {
    const raw = db('posts').select(db.raw('twice(length(title)), count(*)'));
    expect(classifier.tablesOf(raw)).toEqual(ALL(['posts']));
  });

  it('any name, before the catalogue was read: it may be the name of a view', () => {
    const early = classifierOf(async () => rowsOf(KNOWN));
    expect(early.tablesOf(db('posts'))).toEqual({ names: ['posts'], areAll: false });
    expect(early.tablesOf(db.raw('table posts'))).toEqual({ names: [], areAll: false });
  });

  it('raw SQL of other dialects; a name in a clause stands for itself there, the name of a CTE too', () => {
    const other = classifierOf(undefined);
    expect(other.tablesOf(db('posts').whereExists(db('tags')))).toEqual(ALL(['posts', 'tags']));
    expect(other.tablesOf(db.with('w', db('posts')).from('w'))).toEqual(ALL(['w', 'posts']));
    expect(other.tablesOf(db('posts').whereRaw('true'))).toEqual({ names: ['posts'], areAll: false });
    expect(other.tablesOf(db.raw('table posts'))).toEqual({ names: [], areAll: false });
  });
});

describe('what it costs', () => {
  it('is one walk a text, however often it comes, until another catalogue is known', () => {
    const walked: string[] = [];
    const walk: WalkSql = (sql, listener) => {
      walked.push(sql);
      listener.relation(undefined, 'posts');
      return READ;
    };
    const finder = new TableFinder({ readsSql: true, catalogue: () => undefined, walk });
    const raw = () => db.raw('select * from posts where id = ?', [1]);
    const mixed = () => db('posts').whereRaw('true');
    for (const query of [raw, raw, mixed, mixed]) expect(finder.find(query()).names).toEqual(['posts']);
    expect(walked).toEqual(['select * from posts where id = $1', 'select * from "posts" where true']);
    finder.forget();
    finder.find(raw());
    expect(walked).toHaveLength(3);
  });

  it('is no walk and no SQL for a builder of plain clauses', () => {
    const walk: WalkSql = () => {
      throw new Error('walked');
    };
    const finder = new TableFinder({ readsSql: true, catalogue: () => undefined, walk });
    const query = db('posts').whereExists(db('tags'));
    query.toSQL = () => {
      throw new Error('compiled');
    };
    expect(finder.find(query).names).toEqual(['posts', 'tags']);
  });
});
