import { describe, expect, it } from '@jest/globals';
import { SYSTEM_CLOCK } from '../../../src/clock.js';
import { MissedGuards } from '../../../src/dispatch/missed-guards.js';
import { clockAt } from '../clock-at.js';
import { stubEngine } from '../engines/stub-engine.js';

describe('guards that miss', () => {
  it('are bounded a second, for each engine by itself', async () => {
    let nowMs = 0;
    const misses = new MissedGuards(
      0,
      clockAt(() => nowMs),
    );
    const [reader, other] = [stubEngine('reader'), stubEngine('other')];
    for (let times = 0; times < 99; times++) await misses.missed(reader);
    expect(misses.areTooMany(reader)).toBe(false);
    await misses.missed(reader);
    expect([reader, other].map((engine) => misses.areTooMany(engine))).toEqual([true, false]);
    nowMs = 10; // one more
    expect(misses.areTooMany(reader)).toBe(false);
  });

  it('give their server time to catch up before it is tried again', async () => {
    const paused: number[] = [];
    const clock = {
      ...SYSTEM_CLOCK,
      after: (ms: number, then: () => void) => {
        paused.push(ms);
        then();
        return { cancel() {}, unref() {} };
      },
    };
    await new MissedGuards(5, clock).missed(stubEngine('reader'));
    expect(paused).toEqual([5]);
  });
});
