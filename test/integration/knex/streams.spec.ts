import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DatabaseRouting } from '../../../src/database-routing.js';
import { RoutingBench } from './routing-bench.js';

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
