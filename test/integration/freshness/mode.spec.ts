import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { SessionClient } from '../../unit/freshness/session-client.js';
import { eventually } from '../testing/eventually.js';
import { RoutingBench, decisionsOf } from '../knex/routing-bench.js';

let bench: RoutingBench;

beforeAll(async () => {
  bench = await RoutingBench.start(1);
});

afterEach(() => bench.db.slave('slave1').resume());
afterAll(() => bench?.stop());

/** How many posts a client is shown. */
const shown = async (client: SessionClient) => (await client.read()).length;

describe('turning the slaves off and on again', () => {
  it('shows no client less than the master has shown it meanwhile', async () => {
    const routing = await bench.routing({ bookmark: { waitMs: 50 } });
    const [writer, onlooker] = [new SessionClient(routing), new SessionClient(routing)];
    const before = await shown(onlooker);
    await bench.db.slave('slave1').pause();
    routing.mode = 'master';
    await writer.write('while they were off');
    const seen = await shown(onlooker);
    expect(seen).toBe(before + 1);
    expect(onlooker.decisions).toEqual(['master mode']);
    routing.mode = 'on';
    expect(await shown(onlooker)).toBe(seen);
    expect(await shown(writer)).toBe(seen);
    expect([onlooker.decisions, writer.decisions]).toEqual([['master bookmark'], ['master bookmark']]);
    await bench.db.slave('slave1').resume();
    await bench.db.caughtUp();
    expect(await shown(new SessionClient(routing))).toBe(seen);
  });

  it('sends a read that waits for a slave to the master when its wait is over', async () => {
    const routing = await bench.routing({ bookmark: { waitMs: 60_000 } });
    const decisions = decisionsOf(routing);
    const client = new SessionClient(routing);
    await client.write('what it waits for');
    await bench.db.slave('slave1').pause();
    await client.write('and more');
    const waiting = shown(client);
    routing.mode = 'master';
    await bench.db.slave('slave1').resume();
    expect(await waiting).toBeGreaterThan(1);
    expect(decisions).toEqual(['master write', 'master write', 'master mode']);
  });

  it('lets a transaction end on the slave that it began on', async () => {
    const routing = await bench.routing();
    const names: unknown[] = [];
    await routing.run(() =>
      routing.knex.transaction(
        async (trx) => {
          names.push(await trx('server').first('name'));
          routing.mode = 'master';
          names.push(await trx('server').first('name'));
        },
        { readOnly: true },
      ),
    );
    names.push(await routing.run(async () => routing.knex('server').first('name')));
    expect(names).toEqual([{ name: 'slave1' }, { name: 'slave1' }, { name: 'master' }]);
  });

  it('keeps in shadow mode what clients have seen, for when it is switched on', async () => {
    const routing = await bench.routing({ mode: 'shadow', bookmark: { waitMs: 50 } });
    const client = new SessionClient(routing);
    await bench.db.slave('slave1').pause();
    await client.write('in the shadow');
    const seen = await shown(client);
    await eventually(() => expect(routing.report().stays).toMatchObject([{ reason: 'bookmark', reads: 1 }]));
    routing.mode = 'on';
    expect(await shown(client)).toBe(seen);
    expect(client.decisions).toEqual(['master bookmark']);
  });
});
