import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Knex } from 'knex';
import type { DatabaseRouting } from '../../../src/database-routing.js';
import { UnknownEngineError, WriteOnSlaveError } from '../../../src/errors.js';
import { RoutingBench, answeredBy, decisionsOf, postsAnsweredBy } from './routing-bench.js';
import { eventually } from '../testing/eventually.js';

const SLAVE = expect.stringMatching(/^slave[12]$/);

let bench: RoutingBench;
let routing: DatabaseRouting;
let db: Knex;

beforeAll(async () => {
  bench = await RoutingBench.start();
  routing = await bench.routing();
  db = routing.knex;
});

beforeEach(() => bench.db.master.query('TRUNCATE posts'));

afterAll(() => bench.stop());

const titles = (knex: Knex) => knex('posts').orderBy('id').pluck('title');

/** Until the balancer has chosen both slaves, by asking a fresh context each time. */
async function slavesOfManyJobs(): Promise<string[]> {
  const names = await Promise.all(
    Array.from({ length: 40 }, () => routing.run(() => answeredBy(routing.knex))),
  );
  return [...new Set(names)].toSorted();
}

describe('writes go to the master by themselves; other calls to a random slave', () => {
  it('reads from both slaves, job by job', async () => {
    expect(await slavesOfManyJobs()).toEqual(['slave1', 'slave2']);
  });

  it('writes to the master from a scope on a slave', async () => {
    await routing.usingEngine('slave1', () => db('posts').insert({ title: 'A' }));
    expect(await bench.db.master.query('SELECT title FROM posts')).toEqual([{ title: 'A' }]);
  });

  it.each<[string, () => PromiseLike<unknown>]>([
    ['insert', () => db('posts').insert({ title: 'A' })],
    ['insert from a select', () => db(db.raw('posts (title)')).insert(db('server').select('name'))],
    ['update', () => db('posts').update({ title: 'B' })],
    ['delete', () => db('posts').del()],
    ['truncate', () => db('posts').truncate()],
    ['upsert', () => db('posts').insert({ id: 1, title: 'A' }).onConflict('id').merge()],
    ['increment', () => db('posts').increment('id', 1)],
    ['a lock', () => db('posts').forUpdate()],
    ['a shared lock', () => db('posts').forShare()],
    ['a write in a common table expression', () => db.with('w', db('posts').del().returning('id')).from('w')],
    ['a raw write', () => db.raw(`insert into posts (title) values ('A')`)],
    ['raw inside a builder', () => db('posts').select(db.raw(`nextval('posts_id_seq')`))],
    ['a schema change', () => db.schema.alterTable('posts', (table) => void table.comment('c'))],
    ['hasTable', () => db.schema.hasTable('posts')],
    ['batchInsert', () => db.batchInsert('posts', [{ title: 'A' }, { title: 'B' }], 1)],
  ])('runs on the master, where a slave is forced: %s', async (_what, run) => {
    const decisions = decisionsOf(routing);
    await routing.usingEngine('slave1', run);
    expect(decisions[0]).toBe('master write');
    expect(decisions.filter((one) => !one.startsWith('master '))).toEqual([]);
  });

  it('runs methods that only read on a slave: first, pluck, columnInfo, streams', async () => {
    const decisions = decisionsOf(routing);
    await routing.run(async () => {
      await db('posts').first();
      await db('posts').pluck('id');
      await db('posts').columnInfo();
      for await (const row of db('server').stream())
        expect(row).toEqual({ name: SLAVE, pid: expect.any(Number) });
    });
    expect(new Set(decisions)).toEqual(new Set([expect.stringMatching(/^slave[12] balanced$/)]));
    expect(decisions).toHaveLength(4);
  });
});

describe('one context keeps its slave', () => {
  it('through many reads, also in nested scopes and after other awaits', async () => {
    await routing.run(async () => {
      const first = await answeredBy(db);
      const rest = await Promise.all(Array.from({ length: 20 }, () => answeredBy(db)));
      const nested = await routing.usingEngine('slave', () => answeredBy(db));
      expect(new Set([first, ...rest, nested])).toEqual(new Set([SLAVE]));
      expect(new Set([first, ...rest, nested]).size).toBe(1);
    });
  });

  it("chooses per query with slavePer: 'query'", async () => {
    const perQuery = await bench.routing({
      slavePer: 'query',
      balancer: 'round-robin',
      consistency: 'eventual',
    });
    const names = await perQuery.run(async () => [
      await answeredBy(perQuery.knex),
      await answeredBy(perQuery.knex),
      await answeredBy(perQuery.knex),
    ]);
    expect(new Set(names).size).toBe(2);
    expect(names[2]).toBe(names[0]);
  });
});

describe('a context that wrote', () => {
  it('reads from the master after a write in the same job, other jobs do not', async () => {
    await routing.run(async () => {
      expect(await postsAnsweredBy(db)).toEqual(SLAVE);
      await db('posts').insert({ title: 'A' });
      expect(await postsAnsweredBy(db)).toBe('master');
      expect(await titles(db)).toEqual(['A']);
      expect(await routing.run(() => postsAnsweredBy(db))).toEqual(SLAVE);
      expect(await postsAnsweredBy(db)).toBe('master');
    });
  });

  it('is marked by a write deep inside, also one that failed or ran in parallel', async () => {
    await routing.run(async () => {
      await routing.usingEngine('slave1', async () => void (await db('posts').insert({ title: 'A' })));
      expect(await postsAnsweredBy(db)).toBe('master');
    });
    await routing.run(async () => {
      await expect(db('posts').insert({ id: 'x' })).rejects.toMatchObject({ code: '22P02' });
      expect(await postsAnsweredBy(db)).toBe('master');
    });
    await routing.run(async () => {
      await Promise.all([db('posts').insert({ title: 'B' }), postsAnsweredBy(db)]);
      expect(await postsAnsweredBy(db)).toBe('master');
    });
  });

  it('reads from a slave still where one is forced', async () => {
    await routing.run(async () => {
      await db('posts').insert({ title: 'A' });
      expect(await routing.usingEngine('slave2', () => postsAnsweredBy(db))).toBe('slave2');
      expect(await postsAnsweredBy(db)).toBe('master');
    });
  });
});

describe('queries outside any context run on the master', () => {
  it('reads too, and writes leave nothing behind', async () => {
    const decisions = decisionsOf(routing);
    expect(await answeredBy(db)).toBe('master');
    await db('posts').insert({ title: 'A' });
    expect(await answeredBy(db)).toBe('master');
    expect(decisions).toEqual(['master no-context', 'master write', 'master no-context']);
  });
});

describe('using_engine: a session on that engine, or a block that restores', () => {
  it('gives a Knex on the engine', async () => {
    expect(await answeredBy(routing.usingEngine('slave1'))).toBe('slave1');
    expect(await answeredBy(routing.usingEngine('slave2'))).toBe('slave2');
    expect(await answeredBy(routing.usingEngine('master'))).toBe('master');
    expect(await answeredBy(routing.usingEngine('slave'))).toEqual(SLAVE);
    expect(routing.usingEngine('slave1')).toBe(routing.usingEngine('slave1'));
  });

  it('runs raw reads on the engine that the Knex names', async () => {
    const { rows } = await routing.usingEngine('slave2').raw<{ rows: unknown[] }>('select name from server');
    expect(rows).toEqual([{ name: 'slave2' }]);
  });

  it('restores three deep, same and mixed, after return, throw and reject', async () => {
    const here = () => answeredBy(db);
    await routing.run(() =>
      routing.usingEngine('slave1', async () => {
        await routing.usingEngine('slave2', async () => {
          expect(await routing.usingEngine('master', here)).toBe('master');
          expect(await here()).toBe('slave2');
          await expect(routing.usingEngine('slave1', () => Promise.reject(new Error('no')))).rejects.toThrow(
            'no',
          );
          expect(await here()).toBe('slave2');
          expect(await routing.usingEngine('slave2', here)).toBe('slave2');
        });
        expect(await here()).toBe('slave1');
        const throwing = () =>
          routing.usingEngine('master', () => {
            throw new Error('at once');
          });
        expect(throwing).toThrow('at once');
        expect(await here()).toBe('slave1');
      }),
    );
  });

  it('runs a query that the block only returns', async () => {
    expect(await routing.usingEngine('slave1', () => db('server').pluck('name'))).toEqual(['slave1']);
    expect(await routing.run({ engine: 'slave2' }, () => db('server').pluck('name'))).toEqual(['slave2']);
    const failing = routing.usingEngine('slave1', () => db('nowhere'));
    await expect(failing).rejects.toMatchObject({ code: '42P01' });
  });

  it('keeps parallel branches apart', async () => {
    const branches = ['slave1', 'master', 'slave2', null].map((engine) =>
      routing.usingEngine(engine, async () => {
        const before = await answeredBy(db);
        const inner = await routing.usingEngine('slave1', () => answeredBy(db));
        return [before, inner, await answeredBy(db)];
      }),
    );
    expect(await Promise.all(branches)).toEqual([
      ['slave1', 'slave1', 'slave1'],
      ['master', 'slave1', 'master'],
      ['slave2', 'slave1', 'slave2'],
      ['master', 'slave1', 'master'],
    ]);
  });

  it('runs a builder where it is awaited, not where it was built', async () => {
    const built = routing.usingEngine('slave1', () => ({ query: db('server').pluck('name') }));
    expect(await built.query).toEqual(['master']);
    expect(await routing.usingEngine('slave2', async () => await built.query)).toEqual(['slave2']);
  });

  it('runs a builder again by the rules that hold then, not where it ran first', async () => {
    const query = db('server_and_posts').pluck('name');
    expect(await routing.run({ engine: 'slave1' }, async () => await query)).toEqual(['slave1']);
    expect(await routing.run({ engine: 'slave2' }, async () => await query)).toEqual(['slave2']);
    // the first reads wait a second at most for the catalogue, which on a busy machine takes longer
    await eventually(async () => expect(await routing.run(async () => await query)).toEqual([SLAVE]));
    await routing.run(async () => {
      expect(await query).toEqual([SLAVE]);
      await db('posts').insert({ title: 'A' });
      expect(await query).toEqual(['master']);
    });
  });

  it('lifts with null what forces from outside', async () => {
    await routing.run({ engine: 'slave1' }, async () => {
      expect(await answeredBy(db)).toBe('slave1');
      const decisions = decisionsOf(routing);
      expect(await routing.usingEngine(null, () => answeredBy(db))).toEqual(SLAVE);
      expect(decisions).toEqual([expect.stringMatching(/ (?:balanced|bookmark)$/)]);
    });
  });

  it('lists the engines there are when a name is none of them', async () => {
    const message = "names the engine 'slave3', which is not configured. Use one of: master, slave1, slave2";
    expect(() => routing.usingEngine('slave3')).toThrow(message);
    expect(() => routing.usingEngine('slave3', () => 1)).toThrow(UnknownEngineError);
    expect(() => routing.run({ engine: 'slave3' }, () => 1)).toThrow(message);
    expect(() => db('posts').usingEngine('slave3')).toThrow(message);
    expect(() => db.raw('select 1').usingEngine('slave3')).toThrow(message);
  });
});

describe('using_bind(name) for one query, chained', () => {
  it('runs one builder on an engine, its clone too, and nothing else', async () => {
    await routing.run({ engine: 'slave2' }, async () => {
      const query = db('server').usingEngine('slave1').pluck('name');
      expect(await query).toEqual(['slave1']);
      expect(await query.clone().limit(1)).toEqual(['slave1']);
      expect(await query.clone().usingEngine('master')).toEqual(['master']);
      expect(await query).toEqual(['slave1']);
      expect(await answeredBy(db)).toBe('slave2');
    });
  });

  it('runs one raw on an engine, proved or not', async () => {
    const read = () => db.raw<{ rows: unknown[] }>('select name from server');
    expect((await read().usingEngine('slave1')).rows).toEqual([{ name: 'slave1' }]);
    expect((await read().usingEngine('slave')).rows).toEqual([{ name: SLAVE }]);
    await bench.db.master.query('CREATE VIEW unheard_of AS SELECT name FROM server');
    await bench.db.caughtUp();
    expect(await db('unheard_of').usingEngine('slave2').select(db.raw('name'))).toEqual([{ name: 'slave2' }]);
  });

  it('still sends a write to the master', async () => {
    await db('posts').usingEngine('slave1').insert({ title: 'A' });
    expect(await db('posts').usingEngine('slave1').forUpdate().pluck('title')).toEqual(['A']);
  });
});

describe('a forced slave also receives writes (flaw): never', () => {
  it.each<[string, (knex: Knex) => PromiseLike<unknown>]>([
    ['insert', (knex) => knex('posts').insert({ title: 'A' })],
    ['forUpdate', (knex) => knex('posts').forUpdate()],
    ['a schema change', (knex) => knex.schema.dropTable('posts')],
    ['truncate', (knex) => knex('posts').truncate()],
    ['a write in a common table expression', (knex) => knex.with('w', knex('posts').del()).from('posts')],
    ['a transaction that may write', (knex) => knex.transaction(async () => undefined)],
    ['batchInsert', (knex) => knex.batchInsert('posts', [{ title: 'A' }])],
  ])('is refused on a Knex that names a slave, before it is sent: %s', async (_what, run) => {
    const slave = routing.usingEngine('slave1');
    const sent: unknown[] = [];
    const listener = (query: unknown) => sent.push(query);
    slave.on('query', listener);
    const refusal = (async () => run(slave))();
    await expect(refusal).rejects.toThrow(WriteOnSlaveError);
    await expect(refusal).rejects.toThrow("slave 'slave1' runs reads only");
    slave.removeListener('query', listener);
    expect(sent).toEqual([]);
    expect(routing.status().engines.map(({ inFlight }) => inFlight)).toEqual([0, 0, 0]);
  });
});

describe('migrate only on the default database', () => {
  it('migrates and seeds on the master from a scope on a slave, and from a Knex on a slave', async () => {
    const migration = {
      up: async (trx: Knex) => {
        await trx.schema.createTable('migrated', (table) => void table.text('at'));
        await trx('migrated').insert({ at: await answeredBy(trx) });
      },
      down: (trx: Knex) => trx.schema.dropTable('migrated'),
    };
    const migrationSource = {
      getMigrations: async () => ['1'],
      getMigrationName: (name: string) => name,
      getMigration: async () => migration,
    };
    const seedSource = {
      getSeeds: async () => ['s'],
      getSeed: async () => ({
        seed: async (knex: Knex) => void (await knex('posts').insert({ title: await answeredBy(knex) })),
      }),
    };
    for (const one of [db, routing.usingEngine('slave1'), db.withUserParams({}) as Knex]) {
      await routing.usingEngine('slave2', async () => {
        await one.migrate.latest({ migrationSource });
        await one.seed.run({ seedSource } as Knex.SeederConfig);
      });
      expect(await db('migrated').pluck('at')).toEqual(['master']);
      await routing.usingEngine('slave2', async () => await one.migrate.rollback({ migrationSource }));
    }
    expect(await titles(db)).toEqual(['master', 'master', 'master']);
  });
});

describe('only models that opt in read from slaves', () => {
  it("reads: 'master' with tables, singly and together", async () => {
    const opted = await bench.routing({ reads: 'master', tables: { server: 'slave', posts: 'master' } });
    const { knex } = opted;
    await opted.run(async () => {
      expect(await answeredBy(knex)).toEqual(SLAVE);
      expect(await knex('server as s').joinRaw('').pluck('s.name').usingEngine('slave1')).toEqual(['slave1']);
      expect(await knex('public.server as s').pluck('s.name')).toEqual([SLAVE]);
      expect(await knex({ s: 'server' }).leftJoin('posts as p', 'p.title', 's.name').pluck('s.name')).toEqual(
        ['master'],
      );
      expect(await opted.usingEngine('slave2', () => knex('server').pluck('name'))).toEqual(['slave2']);
      const decisions = decisionsOf(opted);
      await knex('pg_class').first('relname');
      expect(decisions).toEqual(['master rule']);
    });
  });

  it('writes to the master what is read from a slave: insert, update and delete', async () => {
    const opted = await bench.routing({ reads: 'master', tables: { posts: 'slave' } });
    const { knex } = opted;
    const decisions = decisionsOf(opted);
    await opted.run(async () => {
      await knex('posts').first();
      await knex('posts').insert({ title: 'A' });
      await knex('posts').where({ title: 'A' }).update({ title: 'B' });
      await knex('posts').where({ title: 'B' }).del();
    });
    expect(decisions).toEqual([
      expect.stringMatching(/^slave[12] rule$/),
      ...Array<string>(3).fill('master write'),
    ]);
  });

  it.each<[string, (knex: Knex) => PromiseLike<unknown>, string]>([
    ['a raw', (knex) => knex.raw('select name from server where name = ?', ['x']), 'slave'],
    ['a subquery', (knex) => knex.from(knex('server').as('s')).select(), 'slave'],
    ['a CTE', (knex) => knex.with('own', knex('server')).from('own').select(), 'slave'],
    ['a view below which is nothing else', (knex) => knex('servers').select(), 'slave'],
    ['an immutable function', (knex) => knex('server').select(knex.raw('twice(1)')), 'slave'],
    ['a raw that reads another table as well', (knex) => knex.raw('select from server, posts'), 'master'],
    ['a subquery on another', (knex) => knex('server').whereExists(knex('posts')), 'master'],
    ['a where-callback with another', (knex) => knex('server').where((where) => void where.whereExists((query) => void query.from('posts'))), 'master'], // prettier-ignore
    ['a union with another', (knex) => knex('server').select('name').union(knex('posts').select('title')), 'master'], // prettier-ignore
    ['a view above another', (knex) => knex('drafts').select(), 'master'],
    ['what reads no table', (knex) => knex.raw('select 1'), 'master'],
    ['a function that may read others', (knex) => knex('server').select(knex.raw('posts_there()')), 'master'],
    ['a read-only transaction', (knex) => knex.transaction(async (trx) => trx('server').select(), { readOnly: true }), 'master'], // prettier-ignore
  ])("reads: 'master' opts in what it names and nothing else: %s", async (_what, query, engine) => {
    await bench.db.master.query(`
      CREATE OR REPLACE VIEW servers AS SELECT * FROM server;
      CREATE OR REPLACE VIEW drafts AS SELECT * FROM posts;
      CREATE OR REPLACE FUNCTION twice(n int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 2 * n';
      CREATE OR REPLACE FUNCTION posts_there() RETURNS bigint STABLE LANGUAGE sql AS 'SELECT count(*) FROM posts'`);
    await bench.db.caughtUp();
    const tables = { server: 'slave', servers: 'slave', drafts: 'slave' };
    const opted = await bench.routing({ reads: 'master', tables });
    const decisions = decisionsOf(opted);
    await opted.run(() => query(opted.knex).then(() => undefined));
    const reason = engine === 'slave' ? expect.stringMatching(/^slave[12] rule$/) : 'master rule';
    expect(decisions[0]).toEqual(reason);
  });

  it('of several tables one on the master decides, wherever it stands', async () => {
    const own = await bench.routing({ tables: { posts: 'master' } });
    const { knex } = own;
    const decisions = decisionsOf(own);
    await own.run(async () => {
      await knex('server').select(knex('posts').count().as('n'));
      await knex.raw('select from server where exists (select from posts)');
      await knex.with('p', knex('posts')).from('server').select();
      await knex.transaction(async (trx) => trx('server').select(), { readOnly: true });
    });
    await own.run(() => knex.raw('select name from server'));
    expect(decisions.slice(0, 4)).toEqual(Array(4).fill('master rule'));
    expect(decisions.at(-1)).toEqual(expect.stringMatching(/^slave[12] balanced$/));
  });

  it("asks the user's router before the tables, and not for writes", async () => {
    const asked: unknown[] = [];
    const own = await bench.routing({
      tables: { posts: 'slave1', server: 'slave1' },
      router: ({ tables }, { kind }) => {
        asked.push([...tables, kind]);
        return tables.includes('server') ? 'slave2' : undefined;
      },
    });
    const decisions = decisionsOf(own);
    expect(await answeredBy(own.knex)).toBe('slave2');
    await own.run(async () => {
      await own.knex('posts').first();
      await own.knex('posts').insert({ title: 'A' });
      expect(await answeredBy(own.knex)).toBe('slave2');
    });
    expect(decisions).toEqual(['slave2 rule', 'slave1 rule', 'master write', 'slave2 rule']);
    expect(asked).toEqual([
      ['server', 'none'],
      ['posts', 'job'],
      ['server', 'job'],
    ]);
  });
});

describe('the data is real', () => {
  it('a slave whose replay is paused shows old rows; one that has caught up the new ones', async () => {
    const on = (engine: string) => titles(routing.usingEngine(engine));
    await db('posts').insert({ title: 'old' });
    await bench.db.caughtUp();
    await bench.db.slave('slave1').pause();
    try {
      await db('posts').insert({ title: 'new' });
      await bench.db.caughtUp();
      expect(await on('slave1')).toEqual(['old']);
      expect(await on('slave2')).toEqual(['old', 'new']);
      expect(await on('master')).toEqual(['old', 'new']);
      const own = await routing.run({ engine: 'slave1' }, async () => {
        await db('posts').insert({ title: 'mine' });
        return routing.usingEngine(null, () => titles(db));
      });
      expect(own).toEqual(['old', 'new', 'mine']);
    } finally {
      await bench.db.slave('slave1').resume();
    }
    await bench.db.caughtUp();
    expect(await on('slave1')).toEqual(['old', 'new', 'mine']);
    expect(await bench.db.slave('slave1').query('SELECT title FROM posts ORDER BY id')).toHaveLength(3);
  });
});

describe('why', () => {
  it('explains where a query would go, without running or choosing', async () => {
    const decisions = decisionsOf(routing);
    const read = db('posts');
    expect(routing.explain(read)).toMatchObject({ intent: 'read', engine: 'master', reason: 'no-context' });
    await routing.run(async () => {
      expect(routing.explain(read)).toMatchObject({ intent: 'read', engine: 'slave', reason: 'balanced' });
      expect(routing.explain(read.clone().usingEngine('slave1'))).toMatchObject({
        intent: 'read',
        engine: 'slave1',
        reason: 'query',
      });
      expect(routing.explain(db('posts').insert({}))).toMatchObject({
        intent: 'write',
        engine: 'master',
        reason: 'write',
      });
      expect(routing.explain(read)).toMatchObject({ engine: 'slave' });
    });
    expect(decisions).toEqual([]);
  });

  it('names the engine in the events of queries, on the routed Knex and on those that name one', async () => {
    const seen: string[] = [];
    const engineOf = (query: { engine?: string }) => `${query.engine}`;
    const onQuery = (query: { engine?: string }) => seen.push(`query ${engineOf(query)}`);
    const onResponse = (_rows: unknown, query: { engine?: string }) =>
      seen.push(`response ${engineOf(query)}`);
    const onError = (_error: unknown, query: { engine?: string }) => seen.push(`error ${engineOf(query)}`);
    db.on('query', onQuery).on('query-response', onResponse).on('query-error', onError);
    await routing.usingEngine('slave1', () => db('posts').first());
    await db('posts').insert({ title: 'A' });
    await routing
      .usingEngine('slave2')('nowhere')
      .catch(() => undefined);
    await db.transaction((trx) => trx('posts').first());
    for await (const row of routing.usingEngine('slave2')('server').stream())
      expect(row).toHaveProperty('name');
    db.removeListener('query', onQuery)
      .removeListener('query-response', onResponse)
      .removeListener('query-error', onError);
    expect(seen).toEqual([
      'query slave1', 'response slave1',
      'query master', 'response master',
      'query slave2', 'error slave2',
      'query master', 'query master', 'response master', 'query master',
      'query slave2',
    ]); // prettier-ignore
  });

  it('gives builders and responses the engine too', async () => {
    const engines: unknown[] = [];
    const query = db('posts').usingEngine('slave2').first();
    query.on('query', ({ engine }: { engine?: string }) => engines.push(engine));
    query.on('query-response', (_rows: unknown, { engine }: { engine?: string }) => engines.push(engine));
    await query;
    expect(engines).toEqual(['slave2', 'slave2']);
  });

  it('logs the texts of TurboGears', async () => {
    const lines: string[] = [];
    const logged = await bench.routing({
      logger: { debug: (line) => lines.push(line), warn: () => undefined },
    });
    await logged.run({ engine: 'slave1' }, () => logged.knex('posts').first());
    await logged.knex('posts').insert({ title: 'A' });
    await logged.knex('posts').first();
    expect(lines).toEqual([
      'Forced engine: slave1 (scope)',
      'Choose engine: master (write)',
      'Choose engine: master (no-context)',
    ]);
  });
});
