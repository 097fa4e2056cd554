import { type Clock, SYSTEM_CLOCK } from '../../src/clock.js';

/** The system's timers, which Jest may fake, with a time that the test tells, in ms. */
export function clockAt(nowMs: () => number): Clock {
  return { ...SYSTEM_CLOCK, nowMs, wallMs: nowMs };
}
