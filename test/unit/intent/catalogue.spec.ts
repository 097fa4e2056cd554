import { describe, expect, it } from '@jest/globals';
import { KnownCatalogue, func, volatile } from './known-catalogue.js';

const TYPE = { check: null, types: [], functions: [], operators: [] };

describe('a function', () => {
  it('is safe where its overloads of so many arguments are, in whatever schema', async () => {
    const { catalogue } = await KnownCatalogue.of({
      functions: [
        func('f'),
        volatile('f', { arguments: 2 }),
        func('g'),
        volatile('g', { schema: 'other' }),
        func('many', { variadic: true }),
      ],
    });
    expect(catalogue.function(undefined, 'f', 1)).toBe('safe');
    expect(catalogue.function(undefined, 'f', 2)).toBe('unsafe');
    expect(catalogue.function(undefined, 'f', 3)).toBe('unknown');
    expect(catalogue.function(undefined, 'f')).toBe('unsafe');
    expect(catalogue.function(undefined, 'g', 1)).toBe('unsafe');
    expect(catalogue.function('public', 'g', 1)).toBe('safe');
    expect(catalogue.function('other', 'g', 1)).toBe('unsafe');
    expect(catalogue.function('nowhere', 'g', 1)).toBe('unknown');
    expect(catalogue.function(undefined, 'many', 5)).toBe('safe');
    expect(catalogue.function(undefined, 'many', 0)).toBe('unknown');
  });

  it(`goes by the reviewed list where it is PostgreSQL's own, and by its volatility where it only has such a name`, async () => {
    const own = await KnownCatalogue.of();
    expect(own.intent('select random()')).toBe('read');
    expect(own.intent('select txid_current()')).toBe('write');
    const users = await KnownCatalogue.of({ functions: [volatile('random', { arguments: 0 })] });
    expect(users.intent('select random()')).toBe('write');
    expect(users.intent('select pg_catalog.random()')).toBe('read');
  });

  it('is unsafe where a default that it fills in is, also through the default of another', async () => {
    const { catalogue } = await KnownCatalogue.of({
      functions: [
        func('a', { arguments: 1, optional: 1, defaults: 'select b()' }),
        func('b', { arguments: 1, optional: 1, defaults: 'select c()' }),
        func('c', { arguments: 1, optional: 1, defaults: `select nextval('s')` }),
        func('d', { arguments: 1, optional: 1, defaults: 'select now()' }),
      ],
    });
    for (const name of ['a', 'b', 'c']) {
      expect(catalogue.function(undefined, name, 0)).toBe('unsafe');
      expect(catalogue.function(undefined, name, 1)).toBe('safe');
    }
    expect(catalogue.function(undefined, 'd', 0)).toBe('safe');
  });
});

describe('a function of an extension', () => {
  it('goes by its symbol where that was reviewed, and by its volatility elsewhere', async () => {
    const known = await KnownCatalogue.of({
      functions: [
        volatile('gen_random_uuid', { arguments: 0, symbol: 'pgcrypto.pg_random_uuid' }),
        func('mine', { symbol: 'tablefunc.crosstab' }),
        func('unaccent', { symbol: 'unaccent.unaccent_dict' }),
        volatile('dblink', { symbol: 'dblink.dblink_record' }),
      ],
    });
    const intents = ['gen_random_uuid()', 'mine($1)', 'unaccent($1)', 'dblink($1)'].map((call) =>
      known.intent(`select ${call}`),
    );
    expect(intents).toEqual(['read', 'unproved', 'read', 'write']);
  });
});

describe('a type that is called like a function', () => {
  it('makes a value of it, from one argument', async () => {
    const known = await KnownCatalogue.of({ typeNames: [['pg_catalog', 'tsquery']] });
    expect(known.intent(`select tsquery('a'), pg_catalog.tsquery('b')`)).toBe('read');
    expect(known.intent(`select tsquery('a', 'b')`)).toBe('unproved');
    expect(known.intent(`select other.tsquery('a')`)).toBe('unproved');
  });
});

describe('a function of a name that is a keyword today', () => {
  it('may be called by it on an older server', async () => {
    const known = await KnownCatalogue.of({ functions: [volatile('json_scalar'), volatile('json_value')] });
    expect(known.because('select json_scalar(1)')).toBe('function json_scalar is volatile');
    expect(known.intent(`select json_value('1', '$')`)).toBe('write');
    expect(known.intent('select json_array(1)')).toBe('read');
  });
});

describe('what looks like a column', () => {
  it('may be a call: of a row, and where a function is in FROM, of anything', async () => {
    const known = await KnownCatalogue.of({
      functions: [volatile('visit'), volatile('bump'), func('label')],
      ofOneRow: ['visit', 'label'],
    });
    expect(known.intent('select p.visit from posts p')).toBe('write');
    expect(known.intent('select public.posts.visit from posts')).toBe('write');
    expect(known.intent('select visit from posts p')).toBe('read');
    expect(known.intent('select p.label from posts p')).toBe('read');
    expect(known.intent('select p.bump from posts p')).toBe('read');
    expect(known.intent('select p.bump from posts p, upper($1) u')).toBe('write');
    expect(known.intent('select ($1).bump')).toBe('write');
    expect(known.intent('select (array[1])[1].bump')).toBe('write');
    expect(known.catalogue.buildersMayWrite).toBe(true);
  });
});

describe('operators', () => {
  it('are judged by name and schema', async () => {
    const known = await KnownCatalogue.of({
      operators: [
        ['other', '+', false],
        ['public', '<~>', true],
      ],
    });
    expect(known.intent('select 1 <~> 2')).toBe('read');
    expect(known.because('select 1 + 2')).toBe('operator + is volatile');
    expect(known.intent('select 1 operator(pg_catalog.+) 2')).toBe('read');
    expect(known.catalogue.buildersMayWrite).toBe(false);
  });

  it('that nobody writes make everything unproved where one is volatile', async () => {
    const known = await KnownCatalogue.of({ operators: [['public', '=', false]] });
    expect(known.catalogue.anythingMayWrite).toBe(true);
    expect(known.intent('select 1')).toBe('unproved');
  });

  it('of builders have their SQL looked at where one is volatile', async () => {
    const known = await KnownCatalogue.of({ operators: [['public', '@>', false]] });
    expect([known.catalogue.anythingMayWrite, known.catalogue.buildersMayWrite]).toEqual([false, true]);
    const counting = await KnownCatalogue.of({ functions: [volatile('count')] });
    expect(counting.catalogue.buildersMayWrite).toBe(true);
  });

  it('so does an implicit cast', async () => {
    const known = await KnownCatalogue.of({ unsafeUnsaid: true });
    expect(known.intent('select 1')).toBe('unproved');
  });
});

describe('types', () => {
  const known = () =>
    KnownCatalogue.of({
      functions: [func('of_counted'), func('counted', { arguments: 2 })],
      operators: [['public', '=*=', true]],
      castTypes: ['ticket', '_ticket'],
      types: [
        { ...TYPE, check: `select nextval('s') > value`, types: ['counted', '_counted', 'holder'], functions: [['public', 'of_counted']], operators: [['public', '=*=']] }, // prettier-ignore
        { ...TYPE, check: 'select value > 0', types: ['positive'] },
      ],
    });

  it.each([
    [`select '1'::counted`, 'write'],
    [`select counted '1'`, 'write'],
    [`select '{1}'::counted[]`, 'write'],
    [`select '{1}'::_counted`, 'write'],
    [`select '(1)'::holder`, 'write'],
    [`select counted('1')`, 'write'],
    ['select of_counted(1)', 'write'],
    ['select 1 =*= 2', 'write'],
    ['select 1::ticket', 'write'],
    [`select '1'::positive`, 'read'],
    [`select json_populate_record(null::positive, '{}')`, 'read'],
    [`select json_populate_record(null::holder, '{}')`, 'write'],
    [`select json_populate_record(p, '{}') from posts p`, 'write'],
    [`select pg_input_is_valid('1', 'counted')`, 'write'],
    [`select pg_input_is_valid('1', 'counted[]')`, 'write'],
    [`select pg_input_is_valid('1', 'positive')`, 'read'],
    [`explain select '(1)'::holder`, 'write'],
  ])('%s: %s', async (sql, intent) => expect((await known()).intent(sql)).toBe(intent));

  it('with a volatile input are unsafe without a check', async () => {
    const odd = await KnownCatalogue.of({ types: [{ ...TYPE, types: ['odd'] }] });
    expect(odd.because(`select '1'::odd`)).toBe('type odd has a volatile cast, input or check');
  });

  it('leave what makes types of any name alone where all are safe', async () => {
    const plain = await KnownCatalogue.of();
    expect(plain.intent(`select json_populate_record(p, '{}') from posts p`)).toBe('read');
  });
});

describe('relations', () => {
  it('that are not on slaves are no reads, by their schema where it is given', async () => {
    const known = await KnownCatalogue.of({
      masterOnly: [
        ['other', 'posts'],
        ['public', 'scratch'],
      ],
    });
    expect(known.because('select * from scratch')).toBe(
      'relation scratch is not on slaves or does more than read',
    );
    expect(known.intent('select * from posts')).toBe('write');
    expect(known.intent('select * from public.posts')).toBe('read');
  });

  it('that are views are judged once, when they are first asked for', async () => {
    const known = await KnownCatalogue.of({
      views: [
        ['public', 'plain', ['select 1']],
        ['public', 'nested', ['select * from plain, bumps']],
        ['public', 'bumps', [`select nextval('s')`]],
      ],
    });
    expect(known.judged).toEqual([]);
    expect(known.intent('select * from plain')).toBe('read');
    expect(known.judged).toEqual(['select 1']);
    expect(known.intent('select * from plain')).toBe('read');
    expect(known.intent('select * from nested')).toBe('write');
    expect(known.intent('select * from bumps')).toBe('write');
    expect(known.judged).toHaveLength(3);
  });

  it('of one name in two schemas are both judged where none is given', async () => {
    const known = await KnownCatalogue.of({
      views: [
        ['public', 'v', ['select 1']],
        ['other', 'v', [`select nextval('s')`]],
      ],
    });
    expect(known.intent('select * from v')).toBe('write');
    expect(known.intent('select * from public.v')).toBe('read');
    expect(known.intent('select * from other.v')).toBe('write');
  });

  it('with policies are judged by them, which may ask their own table', async () => {
    const known = await KnownCatalogue.of({
      views: [
        [
          'public',
          'mine',
          ['select exists (select from mine m where m.id = id)', 'select owner = current_user'],
        ],
        ['public', 'watched', [`select true`, `select nextval('s') > 0`]],
        ['public', 'closed', []],
      ],
    });
    expect(known.intent('select * from mine')).toBe('read');
    expect(known.intent('select * from watched')).toBe('write');
    expect(known.intent('select * from closed')).toBe('read');
  });
});
