import { beforeAll, describe, expect, it } from '@jest/globals';
import knex, { type Knex } from 'knex';
import type { ReachRow } from '../../../src/intent/catalogue-rows.js';
import { QueryClassifier } from '../../../src/intent/query-classifier.js';
import { type Known, WATCHED, func, rowsOf, volatile } from './known-catalogue.js';

const db: Knex = knex({ client: 'pg' });

const REACHES: Record<string, ReachRow[2]> = {
  plain: [],
  other: [],
  owners: [['child', 'things']],
  things: [
    ['child', 'parts'],
    ['parent', 'owners'],
  ],
  parts: [['parent', 'things']],
  logged: [['body', "begin /* other */ insert into log values (new.id, 'plain'); return new; end"]],
  log: [['child', 'log_parts']],
  log_parts: [['child', 'log']],
  stamped: [['body', 'begin new.at = now(); return new; end']],
  executing: [['body', "begin execute 'x'; return new; end"]],
  calling: [['body', 'begin perform changes(1); return new; end']],
  truncating: [['body', 'begin truncate log; return new; end']],
  counted: [['function', 'changes']],
  checked: [['function', 'looks']],
  a_view: [['opaque', null]],
  above: [['child', 'executing']],
};

const KNOWN: Known = {
  functions: [volatile('changes'), func('looks', { immutable: true })],
  relations: Object.keys(REACHES).map((name) => ['public', name] as const),
  reaches: Object.entries(REACHES).map(([name, parts]) => ['public', name, parts] as const),
};

async function knowing(known: Known): Promise<QueryClassifier> {
  const told = () => Promise.resolve('the same');
  const catalogue = { read: async () => rowsOf(known), counters: told, fingerprint: told };
  const logger = { debug() {}, warn() {} };
  const classifier = new QueryClassifier({ catalogue, classifySql: undefined, logger, watch: WATCHED });
  await classifier.ready();
  return classifier;
}

let classifier: QueryClassifier;
beforeAll(async () => {
  classifier = await knowing(KNOWN);
});

const insert = (table: string) => db(table).insert({ id: 1 });

describe('what a write can touch', () => {
  it.each<[string, object, string[]]>([
    ['its own table', insert('plain'), ['plain']],
    ['by an update', db('plain').where({ id: 1 }).update({ id: 2 }), ['plain']],
    ['by a delete', db('plain').where('id', '>', 1).del(), ['plain']],
    ['by an upsert', insert('plain').onConflict('id').merge(), ['plain']],
    ['by several rows', db('plain').insert([{ id: 1 }, { id: 2 }]), ['plain']],
    ['by raw SQL', db.raw('insert into public.plain values (?, now())', [1]), ['plain']],
    ['with a number of a sequence', db.raw("insert into plain values (nextval('s'))"), ['plain']],
    ['with a subquery of its own table', db.raw('delete from plain where now() > now() + ?', [1]), ['plain']],
    ['tables that refer to it', insert('owners'), ['owners', 'things', 'parts']],
    ['tables that it refers to', insert('parts'), ['parts', 'things', 'owners']],
    ['both', insert('things'), ['things', 'parts', 'owners']],
    ['what a trigger names, and what that leads to', insert('logged'), ['logged', 'log', 'log_parts']],
    ['nothing by a trigger that only sets columns', insert('stamped'), ['stamped']],
    ['nothing by a check that only reads', insert('checked'), ['checked']],
  ])('is %s', (_what, query, tables) => {
    expect([...classifier.writes.written(query)!].toSorted()).toEqual(tables.toSorted());
  });

  it.each<[string, object]>([
    ['with RETURNING', insert('plain').returning('id')],
    ['from a select', db('plain').insert(db('other').select())],
    ['with a subquery', db('plain').update({ id: db('other').max('id') })],
    ['with a subquery in its condition', db('plain').whereIn('id', db('other').select('id')).del()],
    ['of a join', db.raw('update plain set id = 1 from other')],
    ['by USING', db.raw('delete from plain using other')],
    ['with a common table expression', db.with('w', db('other')).from('plain').update({ id: 1 })],
    ['that calls what is volatile', db('plain').update({ id: db.raw('changes(1)') })],
    ['of a table that is unknown', insert('unheard_of')],
    ['of a view', insert('a_view')],
    ['whose trigger runs SQL out of a string', insert('executing')],
    ['whose trigger calls what may write', insert('calling')],
    ['whose trigger truncates', insert('truncating')],
    ['whose default calls what may write', insert('counted')],
    ['whose partition may write anything', insert('above')],
    ['that is several statements', db.raw('delete from plain; delete from other')],
    ['TRUNCATE', db('plain').truncate()],
    ['COPY', db.raw('copy plain from stdin')],
    ['DO', db.raw('do $$ begin end $$')],
    ['CALL', db.raw('call changes(1)')],
    ['MERGE', db.raw('merge into plain using other on true when matched then delete')],
    ['that locks', db('plain').forUpdate()],
    ['of what can not be parsed', db.raw('insert plain')],
  ])('may be anything %s', (_what, query) => {
    expect(classifier.writes.written(query)).toBeUndefined();
  });

  it('may be anything while the catalogue is in doubt', async () => {
    const doubting = await knowing(KNOWN);
    expect(doubting.writes.written(insert('plain'))).toEqual(['plain']);
    doubting.catalogueChanged(true);
    expect(doubting.writes.written(insert('plain'))).toBeUndefined();
    expect(doubting.writes.read(db('plain'))).toBeUndefined();
    doubting.stop();
  });
});

describe('what a read shows something of', () => {
  it('is all that it names, if nothing of the app runs unsaid', async () => {
    expect(classifier.writes.read(db('plain').join('other', 'other.id', 'plain.id'))).toEqual([
      'plain',
      'other',
    ]);
    expect(classifier.writes.read(undefined)).toBeUndefined();
    const own = { ...KNOWN, functions: [func('full_name', { language: 'sql', body: 'select 1' })] };
    const byColumn = await knowing({ ...own, ofOneRow: ['full_name'] });
    expect(byColumn.writes.read(db('plain'))).toBeUndefined();
    expect(byColumn.writes.written(insert('plain'))).toBeUndefined();
  });
});
