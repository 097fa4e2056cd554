import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { DatabaseRouting } from '../../../src/database-routing.js';
import type { DatabaseRoutingOptions } from '../../../src/options/database-routing-options.js';
import type { PostgresSlave } from '../../../src/testing/index.js';
import { RoutingBench, answeredBy } from '../knex/routing-bench.js';
import { eventually } from '../testing/eventually.js';
import { preferring, stateOf } from './health-bench.js';

let bench: RoutingBench;
let slave1: PostgresSlave;
const opened: DatabaseRouting[] = [];

beforeAll(async () => {
  bench = await RoutingBench.start(2);
  slave1 = bench.db.slave('slave1');
});

afterEach(async () => {
  if (slave1.isFrozen) await slave1.unfreeze();
  await Promise.allSettled(opened.splice(0).map((routing) => routing.destroy()));
});

afterAll(() => bench.stop());

/** Prefers slave1, knows how long it usually takes, and does not find out otherwise that it is frozen. */
async function usual(options: Partial<DatabaseRoutingOptions> = {}) {
  const routing = await bench.routing({ hedge: true, balancer: preferring('slave1'), ...options });
  opened.push(routing);
  for (let n = 0; n < 200; n++) await routing.run(() => answeredBy(routing.knex));
  const hedges: string[] = [];
  routing.events.on('hedge', ({ engine, other, wasSent }) =>
    hedges.push(`${engine} ${other} ${wasSent ? 'too' : 'instead'}`),
  );
  return { routing, hedges };
}

describe('a read on a slave that is frozen', () => {
  it('is answered by another one, and the work stays there', async () => {
    const { routing, hedges } = await usual();
    hedges.length = 0; // a busy machine may have had one before
    const heard: string[] = [];
    routing.knex.on('query', ({ engine }: { engine: string }) => heard.push(`query ${engine}`));
    routing.knex.on('query-response', (_rows: unknown, { engine }: { engine: string }) =>
      heard.push(`response ${engine}`),
    );
    await slave1.freeze();
    const answers = await routing.run(async () => [
      await answeredBy(routing.knex),
      await answeredBy(routing.knex),
    ]);
    expect(answers).toEqual(['slave2', 'slave2']);
    expect(hedges[0]).toBe('slave1 slave2 too');
    expect(heard.slice(0, 2)).toEqual(['query slave1', 'response slave2']);
    expect(heard.filter((event) => event.startsWith('response'))).toHaveLength(2);
    expect(stateOf(routing, 'slave1')).toBe('up');
  });

  it('gives its connection back when the slave goes on', async () => {
    const { routing } = await usual();
    await slave1.freeze();
    expect(await routing.run(() => answeredBy(routing.knex))).toBe('slave2');
    expect(routing.engines.find('slave1')!.inFlight).toBeGreaterThan(0);
    await slave1.unfreeze();
    await eventually(() => expect(routing.engines.find('slave1')!.inFlight).toBe(0));
    expect(await routing.run(() => answeredBy(routing.knex))).toBe('slave1');
  });

  it('is answered by another one though the work has seen more on the frozen one', async () => {
    const { routing, hedges } = await usual();
    const answers = await routing.run(async () => {
      const first = await answeredBy(routing.knex);
      await slave1.freeze();
      return [first, await answeredBy(routing.knex)];
    });
    expect(answers).toEqual(['slave1', 'slave2']);
    expect(hedges).toContain('slave1 slave2 too');
  });

  it('goes elsewhere where its pool of one connection is taken by another one', async () => {
    const { routing, hedges } = await usual({ pool: { min: 0, max: 1 } });
    await slave1.freeze();
    const both = await Promise.all([1, 2].map(() => routing.run(() => answeredBy(routing.knex))));
    expect(both).toEqual(['slave2', 'slave2']);
    expect(hedges).toEqual(expect.arrayContaining(['slave1 slave2 too', 'slave1 slave2 instead']));
  });

  it('does not hold up the end of the set, nor the removal of the slave', async () => {
    const { routing } = await usual();
    await slave1.freeze();
    expect(await routing.run(() => answeredBy(routing.knex))).toBe('slave2');
    await routing.engines.remove('slave1', { drainMs: 0 });
    expect(await routing.run(() => answeredBy(routing.knex))).toBe('slave2');
    await slave1.unfreeze();
    const { routing: another } = await usual();
    await slave1.freeze();
    expect(await another.run(() => answeredBy(another.knex))).toBe('slave2');
    await another.destroy();
    expect(another.engines.find('slave1')!.inFlight).toBe(0);
  });
});

describe('what is asked of one slave only', () => {
  it('is a read in a transaction, on a named engine, in a stream, on a passed connection, and all with hedge: false', async () => {
    const { routing, hedges } = await usual();
    const off = await usual({ hedge: false });
    hedges.length = 0;
    const { knex } = routing;
    const passed = await routing.usingEngine('slave1').client.acquireConnection();
    const trx = await routing.run(() => knex.transaction({ readOnly: true }));
    await slave1.freeze();
    const waiting = [
      routing.run(() => answeredBy(trx)),
      answeredBy(routing.usingEngine('slave1')),
      routing.run(() => knex('server').stream().toArray()),
      routing.run(() => knex('server').select('name').connection(passed)),
      off.routing.run(() => answeredBy(off.routing.knex)),
    ];
    const hedged = await routing.run(() => answeredBy(knex));
    expect([hedged, hedges.length, off.hedges.length]).toEqual(['slave2', 1, 0]);
    await slave1.unfreeze();
    await Promise.all(waiting);
    await trx.rollback();
    await routing.usingEngine('slave1').client.releaseConnection(passed);
    expect(hedges).toHaveLength(1);
  });
});
