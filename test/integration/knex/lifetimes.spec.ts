import { type EventEmitter, once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Knex } from 'knex';
import type { DatabaseRouting } from '../../../src/database-routing.js';
import { eventually } from '../testing/eventually.js';
import { RoutingBench, answeredBy } from './routing-bench.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

let bench: RoutingBench;

beforeAll(async () => (bench = await RoutingBench.start(1)));
afterAll(() => bench.stop());

/** What listens on a connection: on the driver's client, on its protocol, and on its socket. */
async function listeners(knex: Knex): Promise<Record<string, number>> {
  const connection = (await knex.client.acquireConnection()) as EventEmitter & {
    connection: EventEmitter & { stream: EventEmitter };
  };
  const { connection: protocol } = connection;
  const counts = Object.entries({ client: connection, protocol, socket: protocol.stream }).flatMap(
    ([name, one]) => one.eventNames().map((event) => [`${name} ${String(event)}`, one.listenerCount(event)]),
  );
  await knex.client.releaseConnection(connection);
  return Object.fromEntries(counts) as Record<string, number>;
}

/** Each way to use a connection. */
const USES: [what: string, use: (knex: Knex, routing: DatabaseRouting) => Promise<unknown>][] = [
  ['a query', (knex) => knex.select(1)],
  ['a query that fails', (knex) => knex('missing').catch(() => undefined)],
  ['raw SQL', (knex) => knex.raw('select 1')],
  ['a query with a timeout', (knex) => knex.select(1).timeout(1_000)],
  ['a query in the context of a job', (knex, routing) => routing.run(() => knex.select(1))],
  ['a stream', (knex) => knex.select(1).stream().toArray()],
  ['a stream that is left', async (knex) => {
      const stream = knex('many').stream();
      await once(stream, 'data');
      await once(stream.destroy(), 'close');
    }],
  ['a stream that fails', (knex) => knex.raw('select 1 / (n - 3) from many').stream().toArray().catch(() => undefined)],
  ['a read-only transaction with a stream', (knex) =>
      knex.transaction((trx) => trx.select(1).stream().toArray(), { readOnly: true })],
]; // prettier-ignore

describe.each(['slave1', 'master'])('on a connection of %s', (engine) => {
  it.each(USES)('nothing stays after %s', async (_what, use) => {
    const routing = await bench.routing({ pool: { min: 0, max: 1 } });
    const knex = routing.usingEngine(engine);
    await knex.select(1);
    const before = await listeners(knex);
    for (let times = 0; times < 20; times++) await use(knex, routing);
    await eventually(async () => expect(await listeners(knex)).toEqual(before));
    await routing.destroy();
  });
});

describe('an engine that was removed', () => {
  it('can be collected, with all that stood for it', async () => {
    const routing = await bench.routing({ balancer: 'round-robin' });
    const removed = await used(routing);
    await eventually(async () => {
      await routing.run(() => answeredBy(routing.knex));
      await turn();
      collectGarbage();
      expect(removed.deref()).toBeUndefined();
    });
    await routing.destroy();
  });

  /** In every way that there is. */
  async function used(routing: DatabaseRouting): Promise<WeakRef<object>> {
    routing.engines.add('late', bench.slaves()['slave1']!);
    await eventually(() => expect(routing.engines.find('late')!.state.kind).toBe('up'));
    const knex = routing.usingEngine('late');
    await knex.select(1);
    await knex.select(1).stream().toArray();
    await knex.transaction((trx) => trx.select(1), { readOnly: true });
    for (let times = 0; times < 4; times++) {
      await routing.run(() => answeredBy(routing.knex));
      await routing.run(() => routing.knex.select(1).stream().toArray());
    }
    const engine = new WeakRef(routing.engines.find('late')!);
    await routing.engines.remove('late');
    return engine;
  }
});
