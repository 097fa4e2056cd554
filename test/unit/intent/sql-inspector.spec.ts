import { beforeAll, describe, expect, it } from '@jest/globals';
import { inspectSql } from '../../../src/intent/sql-inspector.js';
import { type ParseSql, loadSqlParser } from '../../../src/intent/sql-parser.js';
import { KnownCatalogue, func, volatile } from './known-catalogue.js';

let parse: ParseSql;
let known: KnownCatalogue;

beforeAll(async () => {
  parse = await loadSqlParser({ broken() {}, mended() {} });
  known = await KnownCatalogue.of({ functions: [func('twice'), volatile('bump')] });
});

describe('a read', () => {
  it.each([
    'select 1',
    'select * from posts p join authors a using (id)',
    'table posts',
    'values (1), (2)',
    'show work_mem',
    'explain select 1',
    'explain analyze select 1',
    'explain insert into posts values (1)',
    'explain declare c cursor for select 1',
    'explain analyze declare c cursor for select 1',
    'explain create table t as select 1',
    `explain select nextval('s')`,
    'select twice(upper(a)::int) from posts',
    'select (a).b, a.b from posts a',
    'select p.bump from posts p',
    'with posts as (select 1) select * from posts',
  ])('is proved: %s', (sql) =>
    expect([known.intent(sql), known.because(sql)]).toEqual(['read', expect.any(String)]),
  );
});

describe('what is no read says which part of it decided', () => {
  it.each([
    [`select nextval('s')`, 'function nextval is volatile'],
    ['select 1; select 2', 'there are 2 statements'],
    ['delete from posts', 'it is a DELETE'],
    ['create table t as select 1', 'it is a CREATE TABLE AS'],
    ['select 1 into t', 'INTO creates a table'],
    ['select * from (select * from posts for share) p', 'it locks rows'],
    ['with d as (delete from posts returning *) select * from d', 'it holds a DELETE'],
    ['explain analyze delete from posts', 'it is a DELETE'],
    ['explain (analyze on) delete from posts', 'it is a DELETE'],
    ['explain analyze create table t as select 1', 'it is a CREATE TABLE AS'],
    ['explain execute p', 'it is a EXECUTE'],
    ['select (1).bump', 'bump may be a call of the volatile function of that name'],
    [
      'select x.bump from generate_series(1, 1) x',
      'bump may be a call of the volatile function of that name',
    ],
    ['select * from posts tablesample shady (1)', `the sampling method shady is not PostgreSQL's own`],
  ])('%s', (sql, because) => {
    expect([known.intent(sql), known.because(sql)]).toEqual(['write', because]);
  });
});

describe('what is only unknown is unproved, and a write besides it decides', () => {
  it.each([
    ['select missing(1)', 'function missing is unknown'],
    ['select twice(1, 2)', 'function twice is unknown'],
    ['select 1 from missing', 'relation missing is unknown'],
    ['select 1 <-> 2', 'operator <-> is unknown'],
    ['with t as (select 1) select * from s.t', 'relation t is unknown'],
    ['select * from t, (with t as (select 1) select 1) s', 'relation t is unknown'],
    ['with t as (select * from t) select * from t', 'relation t is unknown'],
  ])('%s', (sql, because) => {
    expect([known.intent(sql), known.because(sql)]).toEqual(['unproved', because]);
    expect(known.intent(`select (${sql.startsWith('with') ? sql : sql}), nextval('s')`)).toBe('write');
  });
});

describe('without a catalogue', () => {
  const intent = (sql: string) => inspectSql(parse(sql), undefined).intent;

  it('proves nothing that names something', () => {
    for (const sql of [
      'select now()',
      'select * from posts',
      'select 1 + 1',
      `select '1'::t`,
      'select (a).b from c',
    ]) {
      expect([sql, intent(sql)]).toEqual([sql, 'unproved']);
    }
    expect(intent(`select 1, 'a', $1, '1'::int`)).toBe('read');
    expect(intent('show work_mem')).toBe('read');
    expect(intent('delete from posts')).toBe('write');
  });
});

describe('what changes the catalogue', () => {
  it.each([
    ['create function f() returns int language sql as $$select 1$$', true],
    ['select 1 into t', false],
    ['alter table posts add a int', true],
    ['drop view v', true],
    ['do $$ begin end $$', true],
    ['select 1; create view v as select 1', true],
    ['insert into posts values (1); select 2', false],
    ['call p()', 'perhaps'],
    ['execute p', 'perhaps'],
    ['refresh materialized view m', false],
    ['update posts set a = 1', false],
    ['begin', false],
  ])('%s: %s', (sql, changes) => {
    expect(inspectSql(parse(sql), known.catalogue).changesCatalogue).toBe(changes);
  });
});
