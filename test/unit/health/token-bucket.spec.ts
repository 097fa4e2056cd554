import { describe, expect, it } from '@jest/globals';
import { clockAt } from '../clock-at.js';
import { TokenBucket } from '../../../src/health/token-bucket.js';

function bucketOf(most: number, perSecond: number) {
  const clock = { nowMs: 0 };
  const bucket = new TokenBucket(
    most,
    perSecond,
    clockAt(() => clock.nowMs),
  );
  const taken = (attempts: number) =>
    Array.from({ length: attempts }, () => bucket.take()).filter(Boolean).length;
  return { clock, taken };
}

describe('a token bucket', () => {
  it('gives so many at once, and no more', () => {
    expect(bucketOf(3, 1).taken(10)).toBe(3);
  });

  it('gives so many a second from then on', () => {
    const { clock, taken } = bucketOf(3, 10);
    taken(3);
    clock.nowMs = 99;
    expect(taken(1)).toBe(0);
    clock.nowMs = 100;
    expect(taken(2)).toBe(1);
    clock.nowMs = 300;
    expect(taken(5)).toBe(2);
  });

  it('does not lose parts of a token by being asked often', () => {
    const { clock, taken } = bucketOf(1, 1);
    taken(1);
    let given = 0;
    for (; clock.nowMs < 10_000; clock.nowMs += 10) given += taken(1);
    expect(given).toBe(9);
  });

  it('fills up to its size, however long nobody asks', () => {
    const { clock, taken } = bucketOf(3, 10);
    clock.nowMs = 3_600_000;
    expect(taken(10)).toBe(3);
  });

  it('gives nothing where nothing comes in', () => {
    const { clock, taken } = bucketOf(1, 0);
    expect(taken(1)).toBe(1);
    clock.nowMs = 3_600_000;
    expect(taken(1)).toBe(0);
  });
});
