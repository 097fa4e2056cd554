import { afterAll, describe, expect, it } from '@jest/globals';
import knex, { type Knex } from 'knex';
import { checkKnex } from '../../src/knex-check.js';
import {
  KNEX_EVENTS,
  type KnexConnection,
  type KnexRunner,
  classesOf,
  clientOf,
} from '../../src/knex-internals.js';

/** Knex over a pool that hands out one connection, and a driver that answers at once. */
function stubbed() {
  const calls: string[] = [];
  const connection = { __knexUid: 'stub' } as KnexConnection;
  const db = knex({ client: 'pg' });
  const client = clientOf(db);
  const Client = client.constructor as new (config: Knex.Config) => typeof client;
  class Stub extends Client {
    override async acquireConnection(): Promise<KnexConnection> {
      calls.push('acquire');
      return connection;
    }
    override async releaseConnection(): Promise<void> {
      calls.push('release');
    }
    override runner(builder: Parameters<typeof client.runner>[0]): KnexRunner {
      calls.push(`runner ${(builder as { _method?: string })._method ?? 'raw'}`);
      return super.runner(builder);
    }
    override async _query(
      _connection: unknown,
      query: { sql: string; response?: unknown },
    ): Promise<unknown> {
      calls.push(query.sql);
      query.response = { command: 'SELECT', rows: [] };
      return query;
    }
  }
  return { calls, connection, db: knex({ client: Stub as unknown as typeof Knex.Client }), Stub };
}

interface Inside {
  _method?: string;
  _single: Record<string, unknown>;
  _statements: Record<string, unknown>[];
}

const warnings: string[] = [];
const logger = { warn: (line: string) => void warnings.push(line) };
const db = knex({ client: 'pg' });
const inside = (builder: unknown) => builder as Inside;
const groupings = (builder: unknown) => inside(builder)._statements.map(({ grouping }) => grouping);
const dels = () => db('b').del();

afterAll(() => db.destroy());

describe('what routing stands on in Knex', () => {
  it('a client makes a runner per run, with the builder, before it acquires a connection', async () => {
    const { calls, db: own } = stubbed();
    own.on('query', () => calls.push('event query'));
    own.on('start', () => calls.push('event start'));
    await own('posts');
    expect(calls).toEqual([
      'runner select', 'acquire', 'event start', 'event query', 'select * from "posts"', 'release',
    ]); // prettier-ignore
  });

  it('raw and schema builders pass runner() too, as do the queries of a transaction but not its BEGIN', async () => {
    const { calls, db: own } = stubbed();
    await own.raw('select 1');
    await own.schema.raw('select 2');
    await own.transaction(async (trx) => void (await trx('posts')));
    expect(calls.filter((call) => call.startsWith('runner'))).toEqual([
      'runner raw',
      'runner raw',
      'runner select',
    ]);
    expect(calls).toContain('BEGIN;');
  });

  it('a runner asks the client that it has when it runs', async () => {
    const { db: own, Stub } = stubbed();
    const other = stubbed();
    class Moved extends Stub {
      override runner(builder: Parameters<InstanceType<typeof Stub>['runner']>[0]): KnexRunner {
        const runner = super.runner(builder);
        runner.client = clientOf(other.db);
        return runner;
      }
    }
    const moved = knex({ client: Moved as unknown as typeof Knex.Client });
    await moved('posts');
    expect(other.calls).toEqual(['acquire', 'select * from "posts"', 'release']);
    expect(own.client).toBeDefined();
  });

  it('a runner has builder, connection, run, stream, query and ensureConnection', () => {
    const runner = clientOf(db).runner(clientOf(db).queryBuilder());
    expect(Object.keys(runner).toSorted()).toEqual(['builder', 'client', 'connection', 'queries']);
    for (const method of ['run', 'stream', 'pipe', 'query', 'queryArray', 'ensureConnection'])
      expect(runner).toHaveProperty(method, expect.any(Function));
  });

  it('gives the stream to fill to ensureConnection, and to nothing else', async () => {
    const { db: own, Stub } = stubbed();
    const seen: unknown[] = [];
    const { Runner } = classesOf(clientOf(own));
    class Watched extends Runner {
      override async ensureConnection(...args: Parameters<KnexRunner['ensureConnection']>): Promise<unknown> {
        seen.push(args[1] && Object.keys(args[1]).toSorted());
        return super.ensureConnection(...args);
      }
    }
    class Watching extends Stub {
      override runner(builder: Parameters<InstanceType<typeof Stub>['runner']>[0]): KnexRunner {
        return new Watched(this, builder);
      }
      async _stream(): Promise<void> {}
    }
    const watching = knex({ client: Watching as unknown as typeof Knex.Client });
    await watching('posts');
    await watching('posts').stream(() => undefined);
    expect(seen).toEqual([undefined, ['hasHandler', 'options', 'stream']]);
  });

  it("a transaction's client has the class and the very config of its parent, and says that it is one", async () => {
    const { db: own, Stub, connection } = stubbed();
    await own.transaction(async (trx) => {
      const client = clientOf(trx);
      expect(client).toBeInstanceOf(Stub);
      expect(client).not.toBe(clientOf(own));
      expect(client.config).toBe(clientOf(own).config);
      expect(client.transacting).toBe(true);
      expect(await client.acquireConnection()).toBe(connection);
    });
    expect(clientOf(own).transacting).toBeUndefined();
  });

  it('a transaction is made by client.transaction(container, config, outer), and ends by its commit(connection, value)', async () => {
    const { db: own, Stub, connection } = stubbed();
    const seen: unknown[] = [];
    class Watching extends Stub {
      override transaction(...args: Parameters<InstanceType<typeof Stub>['transaction']>) {
        const [container, config, outer] = args;
        seen.push([typeof container, config?.readOnly, outer === null]);
        const transaction = super.transaction(...args);
        const commit = transaction.commit.bind(transaction);
        transaction.commit = (held, value) => {
          seen.push([held === connection, value]);
          return commit(held, value);
        };
        return transaction;
      }
    }
    const watching = knex({ client: Watching as unknown as typeof Knex.Client });
    clientOf(watching).acquireConnection = async () => connection;
    await watching.transaction(async () => 'value', { readOnly: true });
    expect(seen).toEqual([['function', true, true], [true, 'value']]); // prettier-ignore
    expect(own.client).toBeDefined();
  });

  it('a transaction begins by its begin(connection), and settles by the _resolver and _rejecter that it is given in that turn, and not in it', async () => {
    const { db: own, Stub, connection } = stubbed();
    const seen: unknown[] = [];
    class Watching extends Stub {
      override transaction(...args: Parameters<InstanceType<typeof Stub>['transaction']>) {
        const transaction = super.transaction(...args);
        const begin = transaction.begin.bind(transaction);
        transaction.begin = async (held) => {
          seen.push(['begin', held === connection, transaction._resolver, transaction._rejecter]);
          const begun = begin(held);
          await undefined;
          const { _resolver: resolve, _rejecter: reject } = transaction;
          transaction._resolver = (value) => resolve([seen.push(['resolve', value]), value]);
          transaction._rejecter = (error) => reject(seen.push(['reject', error]));
          return begun;
        };
        return transaction;
      }
      override _query(held: unknown, query: { sql: string; response?: unknown }): Promise<unknown> {
        return isBroken ? Promise.reject(failed) : super._query(held, query);
      }
    }
    const failed = new Error('BEGIN failed, as soon as it can');
    let isBroken = false;
    const watching = knex({ client: Watching as unknown as typeof Knex.Client });
    clientOf(watching).acquireConnection = async () => connection;
    expect(await watching.transaction(async () => 'value')).toEqual([2, 'value']);
    await expect(watching.transaction(() => Promise.reject('no'))).rejects.toBe(4); // oxlint-disable-line prefer-promise-reject-errors
    isBroken = true;
    await expect(watching.transaction(async () => undefined)).rejects.toBe(6);
    const begun = ['begin', true, undefined, undefined];
    expect(seen.slice(0, 6)).toEqual([
      begun, ['resolve', 'value'], begun, ['reject', 'no'], begun, ['reject', failed],
    ]); // prettier-ignore
    expect(own.client).toBeDefined();
  });

  it('commit() resolves with the answer, which has the tag of the command, and resolves where COMMIT failed', async () => {
    const { Stub, connection } = stubbed();
    const failed = new Error('no');
    let answers: unknown[] = [];
    class Watching extends Stub {
      override transaction(...args: Parameters<InstanceType<typeof Stub>['transaction']>) {
        const transaction = super.transaction(...args);
        const commit = transaction.commit.bind(transaction);
        transaction.commit = async (held, value) => {
          const answer = await commit(held, value);
          answers.push(answer?.response);
          return answer;
        };
        return transaction;
      }
      override async _query(held: unknown, query: { sql: string; response?: unknown }): Promise<unknown> {
        if (query.sql === 'COMMIT;' && answers.length > 0) throw failed;
        return super._query(held, query);
      }
    }
    const watching = knex({ client: Watching as unknown as typeof Knex.Client });
    clientOf(watching).acquireConnection = async () => connection;
    for (let times = 0; times < 2; times++) {
      const trx = await watching.transaction();
      await trx.commit();
      await trx.executionPromise.catch((error: unknown) => answers.push(error));
    }
    expect(answers).toEqual([{ command: 'SELECT', rows: [] }, undefined, failed]);
  });

  it('a client releases a connection by releaseConnection, and knows acquire, cancel, query, stream, pool and destroy', () => {
    const client = clientOf(db);
    for (const method of ['acquireConnection', 'releaseConnection', 'cancelQuery', 'query', 'stream', 'initializePool', 'destroy', 'processPassedConnection'])
      expect(client).toHaveProperty(method, expect.any(Function)); // prettier-ignore
  });

  it('a connection in hand is in `_connection`', () => {
    const connection = {};
    expect(db('posts').connection(connection)).toHaveProperty('_connection', connection);
  });

  it('.transacting() swaps the client of the builder', async () => {
    const { db: own } = stubbed();
    await own.transaction(async (trx) => {
      expect((own('posts').transacting(trx) as unknown as { client: unknown }).client).toBe(trx.client);
    });
  });

  it('withUserParams makes a client of the same class with a config of its own, and copies what is enumerable', () => {
    const { db: own, Stub } = stubbed();
    Object.defineProperty(own.client, 'hidden', { value: 1, enumerable: false });
    const copy = own.withUserParams({ a: 1 }) as Knex;
    expect(copy.client).toBeInstanceOf(Stub);
    expect(copy.client.config).not.toBe(own.client.config);
    expect(copy.client).not.toHaveProperty('hidden');
    expect(copy.userParams).toEqual({ a: 1 });
    expect((own as unknown as { context: object }).context).toHaveProperty(
      'withUserParams',
      expect.any(Function),
    );
  });

  it('migrations and seeds are getters on the knex, and turn processing off by the config', () => {
    for (const name of ['migrate', 'seed'])
      expect(Object.getOwnPropertyDescriptor(db, name)).toMatchObject({
        get: expect.any(Function),
        configurable: true,
      });
    const wrapIdentifier: Knex.Config['wrapIdentifier'] = (name, wrap) => wrap(name);
    const own = knex({ client: 'pg', wrapIdentifier }) as Knex &
      Record<'disableProcessing' | 'enableProcessing', () => void>;
    own.disableProcessing();
    expect(own.client.config.wrapIdentifier).toBeNull();
    own.enableProcessing();
    expect(own.client.config.wrapIdentifier).toBe(wrapIdentifier);
  });

  it('emits these events on the client, and the knex passes all of them on', () => {
    const seen: unknown[] = [];
    for (const event of KNEX_EVENTS) db.on(event, (...args: unknown[]) => seen.push([event, ...args]));
    for (const event of KNEX_EVENTS) clientOf(db).emit(event, 1, 2, 3);
    expect(seen).toEqual([
      ['start', 1], ['query', 1], ['query-error', 1, 2], ['query-response', 1, 2, 3],
    ]); // prettier-ignore
    expect((db as unknown as { _internalListeners: { eventName: string }[] })._internalListeners.map(({ eventName }) => eventName).toSorted()).toEqual([...KNEX_EVENTS].toSorted()); // prettier-ignore
    for (const event of KNEX_EVENTS) db.removeAllListeners(event);
  });

  it('a client makes its parts by queryBuilder, raw, ref and runner, from classes of its own', () => {
    const { Client, QueryBuilder, Raw, Runner } = classesOf(clientOf(db));
    expect([Client, QueryBuilder, Raw, Runner].map(({ name }) => name)).toEqual([
      'Client_PG', 'QueryBuilder_PostgreSQL', 'Raw', 'Runner',
    ]); // prettier-ignore
    expect(new QueryBuilder(clientOf(db))).toHaveProperty('client', db.client);
    expect(new Raw(clientOf(db)).set('select ?', [1]).toSQL()).toMatchObject({
      sql: 'select ?',
      bindings: [1],
    });
  });
});

/** What `QueryRun` does in its own words: without comments and spaces, as Knex 3.1 to 3.3 have it. */
const ENSURE_CONNECTION = `async ensureConnection(cb, cbParams) {
  if (this.builder._connection) { this.connection = this.builder._connection; }
  if (this.connection) { return cb(this, cbParams); }
  let acquiredConnection;
  try { acquiredConnection = await this.client.acquireConnection(); }
  catch (error) {
    if (!(error instanceof KnexTimeoutError)) { return Promise.reject(error); }
    if (this.builder) { error.sql = this.builder.sql; error.bindings = this.builder.bindings; }
    throw error;
  }
  try { this.connection = acquiredConnection; return await cb(this, cbParams); }
  finally { await this.client.releaseConnection(acquiredConnection); }
}`;

describe('what is written anew', () => {
  const bare = (text: string) => text.replace(/\/\/[^\n]*/g, '').replace(/\s+/g, '');

  it("is Knex's own ensureConnection of today", () => {
    const { Runner } = classesOf(clientOf(db));
    expect(bare(String(Runner.prototype.ensureConnection))).toBe(bare(ENSURE_CONNECTION));
  });

  it.each(['2.5.1', '3.0.0', '4.0.0-alpha'])('refuses Knex %s, and says what is supported', (version) => {
    expect(() => checkKnex(clientOf(db), logger, version)).toThrow(
      `Knex ${version} is not supported, Knex 3.0.1 to 3.3 is. Install it: npm install knex@3.3`,
    );
  });

  it('warns of a minor that is newer than what it was tried with', () => {
    checkKnex(clientOf(db), logger, '3.4.2');
    expect(warnings.splice(0)).toEqual([
      'Knex 3.4.2 is newer than what routing was tried with: Knex 3.0.1 to 3.3.',
    ]);
  });

  it('has all its parts in this Knex; one that lacks a part is refused with its version and the name of the part', () => {
    const client = clientOf(db);
    expect(() => checkKnex(client, logger)).not.toThrow();
    const lacking = Object.create(client, {
      queryBuilder: { value: () => ({ client, toSQL() {}, clone() {} }) },
    });
    expect(() => checkKnex(lacking as typeof client, logger)).toThrow(
      /^Knex 3\.\d+\.\d+ has no builder\._method, which routing stands on; Knex 3\.0\.1 to 3\.3 is supported\. Install /,
    );
  });
});

describe('what the inspection of builders stands on', () => {
  it('methods', () => {
    const methods = [
      db('a'), db('a').first(), db('a').pluck('x'), db('a').columnInfo(), db('a').insert({}), db('a').update({ x: 1 }),
      db('a').del(), db('a').truncate(), db('a').increment('x'),
    ].map((builder) => inside(builder)._method); // prettier-ignore
    expect(methods).toEqual([
      'select',
      'first',
      'pluck',
      'columnInfo',
      'insert',
      'update',
      'del',
      'truncate',
      'update',
    ]);
  });

  it('locks', () => {
    const locks = [
      db('a').forUpdate(), db('a').forShare(), db('a').forNoKeyUpdate(), db('a').forKeyShare(), db('a'),
    ].map((builder) => inside(builder)._single['lock']); // prettier-ignore
    expect(locks).toEqual(['forUpdate', 'forShare', 'forNoKeyUpdate', 'forKeyShare', undefined]);
  });

  it('what stands alone', () => {
    expect(inside(db('posts').limit(1).offset(2).withSchema('s').first())._single).toMatchObject({
      table: 'posts', limit: 1, offset: 2, schema: 's', only: false,
    }); // prettier-ignore
  });

  it.each<[string, unknown, unknown[]]>([
    ['select', db('a').select('x').distinct('y').count('*'), ['columns', 'columns', 'columns']],
    ['join', db('a').join('b', 'a.id', 'b.id').joinRaw('x'), ['join', 'join']],
    [
      'where',
      db('a').where('x', 1).whereRaw('y').whereIn('z', [1]).whereExists(db('b')),
      ['where', 'where', 'where', 'where'],
    ],
    ['group', db('a').groupBy('x').groupByRaw('y'), ['group', 'group']],
    ['having', db('a').having('x', '>', 1).havingRaw('y'), ['having', 'having']],
    ['order', db('a').orderBy('x').orderByRaw('y'), ['order', 'order']],
    ['union', db('a').union(db('b')).except(db('c')).intersect(db('d')), ['union', 'union', 'union']],
    ['with', db.with('w', dels()).withRecursive('r', db('b')).from('w'), ['with', 'with']],
    ['window', db('a').rowNumber('n', 'x').rank('r', 'x'), ['columns', 'columns']],
    ['JSON', db('a').jsonExtract('x', '$.y'), ['columns']],
  ])('groups of statements: %s', (_what, builder, expected) => {
    expect(groupings(builder)).toEqual(expected);
  });

  it('windows and JSON paths are marked as such', () => {
    expect(inside(db('a').rowNumber('n', 'x'))._statements[0]).toHaveProperty('type', 'analytic');
    expect(inside(db('a').jsonExtract('x', '$.y'))._statements[0]).toHaveProperty('type', 'json');
  });

  it('nested builders, callbacks and raw stand in the statements as they were given', () => {
    const [inner, raw, callback] = [dels(), db.raw('x'), () => undefined];
    expect(inside(db.with('w', inner).from('w'))._statements[0]).toHaveProperty('value', inner);
    expect(inside(db('a').where('x', raw))._statements[0]).toHaveProperty('value', raw);
    expect(inside(db('a').where(callback))._statements[0]).toHaveProperty('value', callback);
    expect(inside(db('a').whereIn('x', inner))._statements[0]).toHaveProperty('value', inner);
    expect(inside(db('a').union(inner))._statements[0]).toHaveProperty('value', inner);
    expect(inside(db.from(raw))._single).toHaveProperty('table', raw);
  });

  it('a join holds its clauses in itself, and methods on its prototype that `for … in` finds', () => {
    const [join] = inside(db('a').join('b', 'a.id', 'b.id'))._statements;
    expect(Object.keys(join ?? {})).toEqual(['schema', 'table', 'joinType', 'and', 'clauses', '_boolFlag']);
    expect(join).toMatchObject({ grouping: 'join', joinType: 'inner', table: 'b' });
    expect(join?.['and']).toBe(join);
    expect(join?.['clauses']).toEqual([
      { type: 'onBasic', column: 'a.id', operator: '=', value: 'b.id', bool: 'and' },
    ]);
    const found: string[] = [];
    for (const key in join) if (!Object.hasOwn(join, key)) found.push(key);
    expect(found).toContain('andOn');
  });

  it('raw and ref say that they are, and ref has a class of its own', () => {
    expect(db.raw('x')).toHaveProperty('isRawInstance', true);
    expect(db.ref('x')).toMatchObject({ isRawInstance: true, ref: 'x' });
    expect(db.ref('x').constructor).toBe((clientOf(db).ref('y') as object).constructor);
    expect(db.ref('x').constructor).not.toBe(db.raw('x').constructor);
  });
});
