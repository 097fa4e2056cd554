import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { DatabaseRouting } from '../../../src/database-routing.js';
import { TwoMastersError, WriteFailedError } from '../../../src/errors.js';
import type { DatabaseRoutingOptions } from '../../../src/options/database-routing-options.js';
import type { PostgresSlave } from '../../../src/testing/index.js';
import { RoutingBench, answeredBy } from '../knex/routing-bench.js';
import { eventually } from '../testing/eventually.js';
import { CLOSELY, changesOf, stateOf } from './health-bench.js';

let bench: RoutingBench;
let slave1: PostgresSlave;
let slave2: PostgresSlave;

beforeEach(async () => {
  bench = await RoutingBench.start(2);
  slave1 = bench.db.slave('slave1');
  slave2 = bench.db.slave('slave2');
});

afterEach(() => bench.stop());

async function watched(options: Partial<DatabaseRoutingOptions> = {}): Promise<DatabaseRouting> {
  const routing = await bench.routing({ health: CLOSELY, ...options });
  await routing.knex('posts').insert({ title: 'before' });
  await eventually(() =>
    expect(routing.status().engines.map(({ state }) => state.kind)).toEqual(['up', 'up', 'up']),
  );
  return routing;
}

const insert = (routing: DatabaseRouting, title: string) => routing.knex('posts').insert({ title });
const titlesOn = async (server: { query: PostgresSlave['query'] }) =>
  (await server.query<{ title: string }>('SELECT title FROM posts ORDER BY id')).map(({ title }) => title);
const failureOf = (work: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(work).then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a master that is gone', () => {
  it('is followed by the slave that was promoted: writes go there, and never back', async () => {
    const routing = await watched();
    const masters: unknown[] = [];
    routing.events.on('master', (change) => masters.push(change));
    const changes = changesOf(routing);
    await bench.db.caughtUp();
    await bench.db.master.kill();
    const refused = await failureOf(insert(routing, 'lost'));
    expect(refused).toBeInstanceOf(WriteFailedError);
    expect(stateOf(routing, 'slave1')).toBe('up');
    await slave1.promote();
    await eventually(async () => expect(await failureOf(insert(routing, 'after'))).toBeUndefined());
    expect(await titlesOn(slave1)).toContain('after');
    expect(masters).toEqual([{ from: 'master', to: 'slave1' }]);
    expect(routing.status()).toMatchObject({ master: 'slave1', isContested: false });

    // its sessions write, and the other slave serves as soon as it follows
    expect(await answeredBy(routing.usingEngine('master'))).toBe('slave1');
    await slave2.follow(slave1);
    await eventually(async () => {
      expect(await routing.run(() => answeredBy(routing.knex))).toBe('slave2');
    });
    expect(changes).toContain('master down');

    // the old master comes back alone
    await bench.db.master.start();
    await eventually(() => expect(stateOf(routing, 'master')).toBe('foreign'));
    for (let times = 0; times < 10; times++) await insert(routing, `more${times}`);
    expect(await titlesOn(bench.db.master)).not.toContain('after');
    expect((await titlesOn(slave1)).filter((title) => title.startsWith('more'))).toHaveLength(10);
    const onOld = routing.engines.find('master')!.knex('posts').insert({ title: 'wrong' });
    await expect(onOld).rejects.toMatchObject({ code: '25006' }); // a slave's session
  });

  it('is followed by nobody where two servers write the same timeline: writes reach neither, reads go on', async () => {
    const routing = await watched();
    await bench.db.caughtUp();
    await Promise.all([slave1.freeze(), slave2.freeze()]); // so that both are promoted before anybody looks
    await bench.db.master.kill();
    await Promise.all([slave1.unfreeze(), slave2.unfreeze()]);
    await Promise.all([slave1.promote(), slave2.promote()]);
    await eventually(() => expect(routing.status().isContested).toBe(true));
    const before = await Promise.all([slave1, slave2].map(titlesOn));
    expect(await failureOf(insert(routing, 'stray'))).toBeInstanceOf(TwoMastersError);
    const inTransaction = routing.knex.transaction((trx) => trx('posts').insert({ title: 'stray' }));
    expect(await failureOf(inTransaction)).toBeInstanceOf(TwoMastersError);
    expect(await Promise.all([slave1, slave2].map(titlesOn))).toEqual(before);

    // the wrong one becomes a slave of the other, whichever of them was heard of first
    const right = bench.db.currentMaster as PostgresSlave;
    const wrong = right === slave1 ? slave2 : slave1;
    await bench.db.rebuild(wrong);
    await eventually(async () => expect(await failureOf(insert(routing, 'after'))).toBeUndefined());
    expect(routing.status()).toMatchObject({ master: right.name, isContested: false });
    expect(await titlesOn(right)).toContain('after');
    await eventually(() => expect(stateOf(routing, wrong.name)).toBe('up'));
  });

  it('has reads that need it wait for the next one, and none fails', async () => {
    const routing = await watched();
    await bench.db.master.kill();
    const reading = Promise.all(
      Array.from({ length: 5 }, () => routing.run({ consistency: 'strong' }, () => answeredBy(routing.knex))),
    );
    await slave1.promote();
    expect(await reading).toEqual(Array(5).fill('slave1'));
  });

  it('stays the master with failover: false', async () => {
    const routing = await watched({ failover: false });
    await bench.db.master.kill();
    await slave1.promote();
    await eventually(() => expect(stateOf(routing, 'slave1')).toBe('foreign'));
    expect(await failureOf(insert(routing, 'lost'))).toBeInstanceOf(WriteFailedError);
    await bench.db.master.start();
    await eventually(() => expect(stateOf(routing, 'master')).toBe('up'));
    await insert(routing, 'kept');
    expect(await titlesOn(bench.db.master)).toContain('kept');
    expect(await titlesOn(slave1)).not.toContain('kept');
  });

  it('has said of each write whether it may have been applied', async () => {
    const routing = await watched();
    await bench.db.master.query(
      `CREATE FUNCTION nap() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(20); RETURN NEW; END'`,
    );
    await bench.db.master.query(
      `CREATE TRIGGER nap BEFORE INSERT ON posts FOR EACH ROW WHEN (NEW.title = 'slow') EXECUTE FUNCTION nap()`,
    );
    const underWay = failureOf(insert(routing, 'slow'));
    await eventually(async () => {
      const rows = await bench.db.master.query(`SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'`);
      expect(rows).toHaveLength(1);
    });
    await bench.db.master.kill();
    const broken = await underWay;
    expect(broken).toMatchObject({ name: 'WriteFailedError', mayHaveBeenApplied: true, engine: 'master' });
    const unsent = await failureOf(insert(routing, 'unsent'));
    expect(unsent).toMatchObject({ name: 'WriteFailedError', mayHaveBeenApplied: false });
    const begun = await failureOf(
      routing.knex.transaction((trx) => trx('posts').insert({ title: 'unsent' })),
    );
    expect(begun).toMatchObject({ name: 'WriteFailedError', mayHaveBeenApplied: false });
  });

  it("gets the writes again that were never sent, once each, with retryWrites: 'safe'", async () => {
    const routing = await watched({ retryWrites: 'safe', failover: { waitMs: 15_000 } });
    await bench.db.master.kill();
    await eventually(() => expect(stateOf(routing, 'master')).toBe('down'));
    const titles = Array.from({ length: 5 }, (_none, at) => `again${at}`);
    const writing = Promise.all([
      ...titles.map((title) => insert(routing, title)),
      routing.knex.transaction((trx) => trx('posts').insert({ title: 'in a transaction' })),
    ]);
    await slave1.promote();
    await writing;
    const there = (await titlesOn(slave1)).filter((title) => /again|transaction/.test(title));
    expect(there.toSorted()).toEqual([...titles, 'in a transaction'].toSorted());
  });

  it('that still runs when a slave was promoted gets no writes, and serves no reads', async () => {
    const routing = await watched();
    await slave1.promote();
    await eventually(() => expect(routing.engines.master.name).toBe('slave1'));
    await eventually(() => expect(stateOf(routing, 'master')).toBe('foreign'));
    expect(await failureOf(insert(routing, 'after'))).toBeUndefined();
    expect(await titlesOn(bench.db.master)).not.toContain('after');
    expect(routing.status().engines.find(({ name }) => name === 'master')).toMatchObject({ role: 'slave', eligible: false }); // prettier-ignore
  });

  it('and whose name moves to the promoted slave does not bring the reads of a slave to that server', async () => {
    let where = bench.db.master.connection;
    const routing = await watched({ master: { connection: () => where } });
    await bench.db.caughtUp();
    await bench.db.master.kill();
    await slave1.promote();
    where = slave1.connection;
    await slave2.follow(slave1);
    await eventually(async () => expect(await failureOf(insert(routing, 'after'))).toBeUndefined());
    await eventually(() => expect(stateOf(routing, 'slave2')).toBe('up'));
    await eventually(() => {
      // either name may be the master's by now, whichever was heard of first
      const { state } = routing.engines.slaves.find(({ name }) => name !== 'slave2')!;
      expect(state).toMatchObject({
        kind: 'foreign',
        because: expect.stringContaining("the master's own server"),
      });
    });
    for (let times = 0; times < 10; times++)
      expect(await routing.run(() => answeredBy(routing.knex))).toBe('slave2');
  });
});
