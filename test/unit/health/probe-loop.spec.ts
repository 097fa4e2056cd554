import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SYSTEM_CLOCK } from '../../../src/clock.js';
import { ProbeLoop } from '../../../src/health/probe-loop.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** A loop whose rounds end when the test says so, each with the pause after it. */
function heldLoop() {
  const ends: ((pauseMs: number) => void)[] = [];
  const loop = new ProbeLoop(() => new Promise((resolve) => ends.push(resolve)), SYSTEM_CLOCK);
  const end = async (pauseMs: number) => {
    ends.at(-1)!(pauseMs);
    await jest.advanceTimersByTimeAsync(0);
  };
  return { loop, end, rounds: () => ends.length };
}

describe('a loop of probes', () => {
  it('begins a round at its start, and the next one when the pause after the last is over', async () => {
    const { loop, end, rounds } = heldLoop();
    expect(rounds()).toBe(0);
    loop.start();
    loop.start();
    expect(rounds()).toBe(1);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(rounds()).toBe(1);
    await end(500);
    await jest.advanceTimersByTimeAsync(499);
    expect(rounds()).toBe(1);
    await jest.advanceTimersByTimeAsync(1);
    expect(rounds()).toBe(2);
  });

  it('begins one at once when it is told to while it waits, and not also when the wait would have ended', async () => {
    const { loop, end, rounds } = heldLoop();
    loop.start();
    await end(500);
    void loop.now();
    expect(rounds()).toBe(2);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(rounds()).toBe(2);
  });

  it('begins one more right after the one that runs, however often it is told to', async () => {
    const { loop, end, rounds } = heldLoop();
    loop.start();
    for (let times = 0; times < 5; times++) void loop.now();
    expect(rounds()).toBe(1);
    await end(500);
    expect(rounds()).toBe(2);
    await end(500);
    expect(rounds()).toBe(2);
  });

  it('begins none after its end, and goes on when it is started again', async () => {
    const { loop, end, rounds } = heldLoop();
    loop.start();
    await end(500);
    loop.stop();
    void loop.now();
    await jest.advanceTimersByTimeAsync(1_000);
    expect([rounds(), jest.getTimerCount()]).toEqual([1, 0]);
    loop.start();
    expect(rounds()).toBe(2);
  });

  it('leaves no timer where it ends in the middle of a round', async () => {
    const { loop, end, rounds } = heldLoop();
    loop.start();
    loop.stop();
    await end(500);
    await jest.advanceTimersByTimeAsync(1_000);
    expect([rounds(), jest.getTimerCount()]).toEqual([1, 0]);
  });

  it('is one loop where it is started again while its last round still runs', async () => {
    const { loop, end, rounds } = heldLoop();
    loop.start();
    loop.stop();
    loop.start();
    expect(rounds()).toBe(1);
    await end(500);
    expect([rounds(), jest.getTimerCount()]).toEqual([2, 0]);
    await end(500);
    expect([rounds(), jest.getTimerCount()]).toEqual([2, 1]);
  });

  it('keeps no process from ending', async () => {
    const { loop, end } = heldLoop();
    const unref = jest.spyOn(globalThis, 'setTimeout');
    loop.start();
    await end(500);
    const timer = unref.mock.results.at(-1)!.value as NodeJS.Timeout;
    expect(timer.hasRef()).toBe(false);
  });
});
