import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { RefreshLoop } from '../../src/consistency/refresh-loop.js';
import { turn } from './asked-knex.js';

const INTERVAL_MS = 500;
const IDLE_AFTER_MS = 10_000;

let rounds = 0;
let end: () => void = () => undefined;
let loop: RefreshLoop;

beforeEach(() => {
  jest.useFakeTimers();
  rounds = 0;
  end = () => undefined;
  loop = new RefreshLoop(
    () => {
      rounds++;
      return new Promise((resolve) => (end = resolve));
    },
    () => performance.now(),
  );
});

afterEach(() => {
  jest.useRealTimers();
});

async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += INTERVAL_MS) {
    jest.advanceTimersByTime(Math.min(INTERVAL_MS, ms - passed));
    end();
    await turn();
  }
}

describe('the refreshing of positions', () => {
  it('does nothing while nobody needs them', async () => {
    await pass(60_000);
    expect([rounds, jest.getTimerCount()]).toEqual([0, 0]);
  });

  it('goes on for ten seconds after the last need, and stops', async () => {
    loop.need();
    await pass(IDLE_AFTER_MS);
    const after = rounds;
    expect(after).toBeGreaterThanOrEqual(IDLE_AFTER_MS / INTERVAL_MS - 1);
    await pass(60_000);
    expect(rounds).toBeLessThanOrEqual(after + 1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('goes on as long as it is needed, and begins again after a rest', async () => {
    for (let seconds = 0; seconds < 60; seconds++) {
      loop.need();
      await pass(1_000);
    }
    expect(rounds).toBeGreaterThanOrEqual(100);
    await pass(60_000);
    const rested = rounds;
    loop.need();
    await pass(INTERVAL_MS);
    expect(rounds).toBe(rested + 1);
  });

  it('runs one round at a time, however long it takes and however often it is needed', async () => {
    loop.need();
    jest.advanceTimersByTime(INTERVAL_MS);
    for (let times = 0; times < 20; times++) {
      loop.need();
      jest.advanceTimersByTime(INTERVAL_MS);
      await turn();
    }
    expect([rounds, jest.getTimerCount()]).toEqual([1, 0]);
    end();
    await turn();
    jest.advanceTimersByTime(INTERVAL_MS);
    expect(rounds).toBe(2);
  });

  it('begins no round after stop(), needed or not, also when one was under way', async () => {
    loop.need();
    loop.stop();
    loop.need();
    await pass(5_000);
    expect(rounds).toBe(0);
    loop.start();
    loop.need();
    jest.advanceTimersByTime(INTERVAL_MS);
    expect(rounds).toBe(1);
    loop.stop();
    end();
    await turn();
    await pass(5_000);
    expect([rounds, jest.getTimerCount()]).toEqual([1, 0]);
  });

  it('does not keep the process alive', () => {
    const timer = jest.spyOn(globalThis, 'setTimeout');
    loop.need();
    const [armed] = timer.mock.results;
    expect((armed!.value as NodeJS.Timeout).hasRef()).toBe(false);
  });
});
