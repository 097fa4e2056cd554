import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DatabaseRouting } from '../../../src/database-routing.js';
import { RoutingBench, answeredBy } from './routing-bench.js';

let bench: RoutingBench;
let routing: DatabaseRouting;

beforeAll(async () => {
  bench = await RoutingBench.start(1);
  routing = await bench.routing({ pool: { min: 0, max: 1 } });
});

afterAll(() => bench.stop());

describe.each(['slave1', 'master'])('the handlers of a stream on %s', (engine) => {
  it('run in the context of their query, on a connection that another one has opened', async () => {
    const tracer = new AsyncLocalStorage<number>();
    const seen: unknown[] = [];
    const expected: unknown[] = [];
    for (let request = 0; request < 20; request++) {
      await tracer.run(request, async () => {
        const stream = routing.usingEngine(engine).select(1).stream();
        await new Promise<void>((resolve, reject) => {
          stream.on('data', () => seen.push(['data', tracer.getStore()]));
          stream.on('error', reject);
          stream.on('end', () => resolve(void seen.push(['end', tracer.getStore()])));
        });
      });
      expected.push(['data', request], ['end', request]);
      await turn();
    }
    expect(seen).toEqual(expected);
  });
});

describe('a stream that is refused', () => {
  /** What a stream ends with. */
  const errorOf = async (stream: Readable): Promise<unknown> => (await once(stream, 'error'))[0];

  it('says so by its error, and does not throw', async () => {
    const refused = await bench.routing({
      router: () => {
        throw new Error('the router failed');
      },
    });
    expect(
      await errorOf(routing.usingEngine('slave1')('posts').insert({ title: 'A' }).stream()),
    ).toMatchObject({
      code: 'DATABASE_ROUTING_WRITE_ON_SLAVE',
    });
    expect(await errorOf(refused.run(() => ({ stream: refused.knex('posts').stream() })).stream)).toEqual(
      new Error('the router failed'),
    );
    expect(await answeredBy(routing.usingEngine('slave1'))).toBe('slave1'); // its one connection is free
  });
});
