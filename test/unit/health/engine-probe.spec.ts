import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { clockAt } from '../clock-at.js';
import { NoAnswerError, answerWithin } from '../../../src/health/engine-probe.js';

let nowMs = 0;
const clock = clockAt(() => nowMs);

beforeEach(() => {
  nowMs = 0;
  jest.useFakeTimers();
});
afterEach(() => void jest.useRealTimers());

const never = new Promise<never>(() => undefined);

describe('a question with a time limit', () => {
  it('gives what the engine says', async () => {
    expect(await answerWithin(Promise.resolve('fine'), 1_000, clock)).toBe('fine');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('fails as the question does', async () => {
    const refused = Promise.reject(new Error('ECONNREFUSED'));
    await expect(answerWithin(refused, 1_000, clock)).rejects.toThrow('ECONNREFUSED');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('waits no longer than its time, for a connection either', async () => {
    const asked = answerWithin(never, 10, clock).catch((error: unknown) => error);
    jest.advanceTimersByTime(10);
    expect(await asked).toMatchObject({ message: 'no answer within 10 ms' });
  });

  it('tells how late it was noticed, which is what a busy process does', async () => {
    const asked = answerWithin(never, 10, clock).catch((error: unknown) => error);
    nowMs = 60;
    jest.advanceTimersByTime(10);
    expect(await asked).toBeInstanceOf(NoAnswerError);
    expect(await asked).toMatchObject({ lateMs: 50 });
  });
});
