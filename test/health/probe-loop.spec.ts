import { describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ProbeLoop } from '../../src/health/probe-loop.js';

describe('a loop of rounds', () => {
  it('stays one where it is stopped and started in the middle of a round', async () => {
    const ends: (() => void)[] = [];
    const loop = new ProbeLoop(() => new Promise((resolve) => ends.push(() => resolve(60_000))));
    loop.start();
    await nextTurn();
    loop.stop();
    loop.start();
    await nextTurn();
    expect(ends).toHaveLength(1);
    ends[0]!();
    await nextTurn();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(ends).toHaveLength(2); // at once, since what was known may be out of date
    loop.stop();
  });
});
