import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Knex } from 'knex';
import { Model, QueryBuilder, raw } from 'objection';
import type { DatabaseRouting } from '../../../src/database-routing.js';
import { ReadThenWriteError, WriteOnSlaveError } from '../../../src/errors.js';
import { RoutingBench, decisionsOf } from './routing-bench.js';

/** As docs/objection.md shows it. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- as Objection asks of its subclasses
class RoutedQueryBuilder<M extends Model, R = M[]> extends QueryBuilder<M, R> {
  declare ArrayQueryBuilderType: RoutedQueryBuilder<M>;
  declare SingleQueryBuilderType: RoutedQueryBuilder<M, M>;
  declare MaybeSingleQueryBuilderType: RoutedQueryBuilder<M, M | undefined>;
  declare NumberQueryBuilderType: RoutedQueryBuilder<M, number>;
  declare PageQueryBuilderType: RoutedQueryBuilder<M, { results: M[]; total: number }>;

  usingEngine(engine: string): this {
    return this.onBuildKnex((query) => void (query as Knex.QueryBuilder).usingEngine(engine));
  }
}

class Server extends Model {
  static override tableName = 'server';
  declare name: string;
  declare QueryBuilderType: RoutedQueryBuilder<this>;
  static override QueryBuilder = RoutedQueryBuilder;
}

class Post extends Model {
  static override tableName = 'posts';
  declare id: number;
  declare title: string;
}

const SLAVE = expect.stringMatching(/^slave[12]$/);
let bench: RoutingBench;
let routing: DatabaseRouting;

beforeAll(async () => {
  bench = await RoutingBench.start();
  routing = await bench.routing({ bookmark: { waitMs: 10_000 } });
  Server.knex(routing.knex);
  Post.knex(routing.knex);
});

beforeEach(() => bench.db.master.query('TRUNCATE posts'));

afterAll(() => bench.stop());

const inJob = <Result>(work: () => Promise<Result>): Promise<Result> => routing.run(work);
const nameOf = async (query: PromiseLike<Server[]>) => (await query)[0]!.name;

describe('Objection on the routed Knex', () => {
  it('reads on a slave, writes on the master, and reads there what the same job wrote', async () => {
    const decisions = decisionsOf(routing);
    await inJob(async () => {
      expect(await nameOf(Server.query())).toEqual(SLAVE);
      await Post.query().insert({ title: 'A' });
      expect(await Post.query().findOne({ title: 'A' }).patch({ title: 'B' })).toBe(1);
      expect((await Post.query()).map(({ title }) => title)).toEqual(['B']);
      await Post.query().deleteById(0);
    });
    expect(decisions.map((one) => one.replace(/slave\d/, 'slave'))).toEqual([
      'slave balanced',
      ...['master write', 'master write', 'master wrote', 'master write'],
    ]);
  });

  it("reads on the engine of its own builder's .usingEngine(), and writes on the master all the same", async () => {
    for (const engine of ['slave1', 'slave2', 'master']) {
      expect(await inJob(() => nameOf(Server.query().usingEngine(engine)))).toBe(engine);
      expect(
        await inJob(() => nameOf(Server.query().usingEngine(engine).select(raw('upper(name)'), 'name'))),
      ).toBe(engine);
      expect(routing.explain(Server.query().usingEngine(engine).toKnexQuery())).toMatchObject({
        engine,
        reason: 'query',
      });
    }
    await expect(Server.query().usingEngine('slave7')).rejects.toThrow("names the engine 'slave7'");
    const decisions = decisionsOf(routing);
    await Server.query()
      .usingEngine('slave1')
      .insert({ name: 'x' })
      .catch(() => undefined);
    expect(decisions).toEqual(['master write']);
  });

  it('reads on the engine of a block, and of a Knex that names one, which refuses writes', async () => {
    expect(await routing.usingEngine('slave2', () => nameOf(Server.query()))).toBe('slave2');
    const onSlave = routing.usingEngine('slave1');
    expect(await nameOf(Server.query(onSlave))).toBe('slave1');
    await expect(Post.query(onSlave).insert({ title: 'A' })).rejects.toBeInstanceOf(WriteOnSlaveError);
  });

  it('keeps a transaction on its engine', async () => {
    const names = await inJob(() =>
      Post.transaction(async (trx) => {
        await Post.query(trx).insert({ title: 'A' });
        expect(await Post.query(trx).resultSize()).toBe(1);
        return [await nameOf(Server.query(trx)), await nameOf(Server.query(trx).usingEngine('slave1'))];
      }),
    );
    expect(names).toEqual(['master', 'master']);
  });

  it('compares a graph inside a transaction with what the master has', async () => {
    await Post.query().insert([{ id: 1, title: 'A' }, { id: 2, title: 'B' }]); // prettier-ignore
    const decisions = decisionsOf(routing);
    await inJob(() =>
      Post.transaction(async (trx) => {
        await Post.query(trx).upsertGraph([{ id: 1, title: 'C' }, { id: 3, title: 'D' }], { insertMissing: true }); // prettier-ignore
      }),
    );
    expect(new Set(decisions)).toEqual(new Set(['master write', 'master transaction']));
    const titles = await routing.usingEngine('master')('posts').orderBy('id').pluck('title');
    expect(titles).toEqual(['C', 'B', 'D']);
  });

  it('refuses a graph that was compared with what a slave has', async () => {
    const strict = await bench.routing({ readThenWrite: 'refuse' });
    await Post.query().insert({ id: 1, title: 'A' });
    await bench.db.caughtUp();
    const upsert = () => Post.query(strict.knex).upsertGraph({ id: 1, title: 'B' });
    await expect(strict.run(upsert)).rejects.toBeInstanceOf(ReadThenWriteError);
  });
});
