import { afterEach, describe, expect, it } from '@jest/globals';
import { createDatabaseRouting } from '../../../src/create-database-routing.js';
import type { DatabaseRouting } from '../../../src/database-routing.js';
import { InvalidOptionsError } from '../../../src/errors.js';
import { RecordedEngines, recordEngines, routingMatchers } from '../../../src/testing/index.js';

let routing: DatabaseRouting;

function start(engines: RecordedEngines): DatabaseRouting['knex'] {
  routing = createDatabaseRouting(engines.options);
  return routing.knex;
}

afterEach(() => routing.destroy());

const enginesOf = (engines: RecordedEngines) =>
  engines.queries.map(({ engine, kind }) => `${kind} ${engine}`);

describe('recorded engines', () => {
  it('record where each query went, by the rules that hold everywhere', async () => {
    const engines = recordEngines();
    const knex = start(engines);
    await knex('posts').select();
    await routing.run(async () => {
      await knex('posts').where({ id: 1 }).first();
      await knex.raw('select 1');
      await knex('posts').insert({ title: 'one' });
      await knex('posts').select();
    });
    await knex('posts').usingEngine('slave1').pluck('id');
    expect(enginesOf(engines)).toEqual([
      'read master',
      'read slave1',
      'read slave1',
      'write master',
      'read master',
      'read slave1',
    ]);
    expect(engines.queries[1]).toEqual({
      engine: 'slave1',
      kind: 'read',
      sql: 'select * from "posts" where "id" = $1 limit $2',
      bindings: [1, 1],
    });
  });

  it('answer with the rows of the last text or pattern that fits, as Knex gives them', async () => {
    const engines = recordEngines()
      .answer('"posts"', [{ id: 1 }, { id: 2 }])
      .answer(/where "id" = \$1/, ({ bindings }) => [{ id: bindings[0] }]);
    const knex = start(engines);
    expect([
      await knex('posts').select(),
      await knex('posts').where({ id: 7 }).first(),
      await knex('posts').pluck('id'),
      await knex('posts').insert({ id: 3 }).returning('id'),
      await knex('posts').update({ title: 'x' }),
      await knex('others').select(),
      (await knex.raw<{ rows: object[] }>('select * from "posts"')).rows,
    ]).toEqual([
      [{ id: 1 }, { id: 2 }],
      { id: 7 },
      [1, 2],
      [{ id: 1 }, { id: 2 }],
      2,
      [],
      [{ id: 1 }, { id: 2 }],
    ]);
  });

  it('run transactions on the master, and stream', async () => {
    const engines = recordEngines().answer('"posts"', [{ id: 1 }]);
    const knex = start(engines);
    const rows: unknown[] = [];
    await routing.run(async () => {
      for await (const row of knex('posts').select().stream()) rows.push(row);
      await knex.transaction(async (trx) => trx('posts').select());
    });
    expect([rows, enginesOf(engines)]).toEqual([[{ id: 1 }], ['read slave1', 'read master']]);
  });

  it('have as many slaves as they are told to, by number or by name', async () => {
    const engines = recordEngines({ slaves: ['near', 'far'] });
    const knex = start(engines);
    await knex('posts').usingEngine('far');
    expect(enginesOf(engines)).toEqual(['read far']);
    expect(Object.keys(recordEngines({ slaves: 3 }).options.slaves ?? {})).toEqual([
      'slave1',
      'slave2',
      'slave3',
    ]);
    expect(() => recordEngines({ slaves: -1 })).toThrow(InvalidOptionsError);
  });

  it('forget what was recorded', async () => {
    const engines = recordEngines();
    await start(engines)('posts').select();
    engines.clear();
    expect(engines.queries).toEqual([]);
  });
});

describe('matchers', () => {
  expect.extend(routingMatchers);
  const { toHaveReadFrom, toHaveWrittenTo } = routingMatchers;

  it('tell which engines were read and written', async () => {
    const engines = recordEngines({ slaves: 2 });
    const knex = start(engines);
    await knex('posts').usingEngine('slave2');
    await knex('posts').insert({ id: 1 });
    expect([
      ...['slave2', 'slave', 'slave1', 'master'].map((engine) => toHaveReadFrom(engines, engine).pass),
      ...['master', 'slave2'].map((engine) => toHaveWrittenTo(engines, engine).pass),
    ]).toEqual([true, true, false, false, true, false]);
    (expect(engines) as unknown as { toHaveReadFrom(engine: string): void }).toHaveReadFrom('slave2');
  });

  it('say what there was instead', async () => {
    const engines = recordEngines();
    const knex = start(engines);
    expect(toHaveReadFrom(engines, 'slave1').message()).toBe(
      'expected a read from slave1; there was none at all',
    );
    await knex('posts').select('id');
    expect(toHaveReadFrom(engines, 'slave1').message()).toBe(
      'expected a read from slave1; there were:\n  master: select "id" from "posts"',
    );
    expect(toHaveReadFrom(engines, 'master').message()).toMatch(/^expected no read from master; there were:/);
  });

  it('refuse what is no recorded set', () => {
    start(recordEngines());
    expect(() => toHaveReadFrom({}, 'slave1')).toThrow(
      /toHaveReadFrom\(\) takes what recordEngines\(\) gives/,
    );
  });
});
