import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SYSTEM_CLOCK } from '../../../src/clock.js';
import { Waiters } from '../../../src/health/waiters.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('those who wait', () => {
  it('are all told that it came, at once', async () => {
    const waiters = new Waiters(SYSTEM_CLOCK);
    const both = Promise.all([waiters.wait(1_000), waiters.wait(60_000)]);
    expect(waiters.isEmpty).toBe(false);
    waiters.release(true);
    expect(await both).toEqual([true, true]);
    expect(waiters.isEmpty).toBe(true);
  });

  it('are told that there was nothing when the time of each is over', async () => {
    const waiters = new Waiters(SYSTEM_CLOCK);
    const [short, long] = [waiters.wait(100), waiters.wait(200)];
    jest.advanceTimersByTime(100);
    expect(await short).toBe(false);
    expect(waiters.isEmpty).toBe(false);
    waiters.release(true);
    expect(await long).toBe(true);
  });

  it('leave no timer behind', async () => {
    const waiters = new Waiters(SYSTEM_CLOCK);
    const waiting = waiters.wait(60_000);
    expect(jest.getTimerCount()).toBe(1);
    waiters.release(false);
    expect(await waiting).toBe(false);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('wait for the next time where they came after it', async () => {
    const waiters = new Waiters(SYSTEM_CLOCK);
    waiters.release(true);
    const waiting = waiters.wait(100);
    jest.advanceTimersByTime(100);
    expect(await waiting).toBe(false);
  });

  it('wait for nothing once it does not come any more, until it may come again', async () => {
    const waiters = new Waiters(SYSTEM_CLOCK);
    const before = waiters.wait(60_000);
    waiters.close();
    expect(await Promise.all([before, waiters.wait(60_000)])).toEqual([false, false]);
    expect(jest.getTimerCount()).toBe(0);
    waiters.open();
    const after = waiters.wait(60_000);
    waiters.release(true);
    expect(await after).toBe(true);
  });
});
