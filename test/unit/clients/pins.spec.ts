import { describe, expect, it } from '@jest/globals';
import { DoubtfulPins } from '../../../src/clients/doubtful-pins.js';
import { Pins } from '../../../src/clients/pins.js';
import { Signer } from '../../../src/clients/signer.js';
import { markWrote, openContext } from '../../../src/context/context.js';
import { see } from '../../../src/context/seen.js';

/** Pins of 15 s, and the clock that they go by. */
function pinsAndClock() {
  const clock = { seconds: 1000 };
  const warnings: string[] = [];
  const now = { wallMs: () => clock.seconds * 1_000 };
  const signer = new Signer({
    kind: 'p1',
    set: 'default',
    secrets: ['a secret that nobody knows'],
    maxAgeSeconds: 15,
    clock: now,
  });
  const pins = new Pins(signer, new DoubtfulPins(15, now), () => warnings.push('issued'));
  return { pins, clock, warnings };
}

const NONE = { malformed: 0, forged: 0, expired: 0, future: 0, foreign: 0 };

describe('a pin', () => {
  it('holds for its window and not longer', () => {
    const { pins, clock } = pinsAndClock();
    const pin = pins.issue();
    expect(pins.holds(pin)).toBe(true);
    clock.seconds += 15;
    expect(pins.holds(pin)).toBe(true);
    clock.seconds += 0.01;
    expect(pins.holds(pin)).toBe(false);
    expect(pins.faults).toEqual({ ...NONE, expired: 1 });
  });

  it('that is not to be trusted holds for one window from when it first came, and never again', () => {
    const { pins, clock } = pinsAndClock();
    const spoiled = pins.issue().slice(0, -1);
    const heldAt = [0, 10, 5, 0.01, 1000].map((seconds) => {
      clock.seconds += seconds;
      return pins.holds(spoiled);
    });
    expect(heldAt).toEqual([true, true, true, false, false]);
    expect(pins.faults).toEqual({ ...NONE, forged: 5 });
  });

  it('that is not to be trusted has no window in common with another', () => {
    const { pins, clock } = pinsAndClock();
    pins.holds('one');
    clock.seconds += 16;
    expect([pins.holds('one'), pins.holds('two')]).toEqual([false, true]);
  });

  it('may be as long and as many as it likes', () => {
    const { pins } = pinsAndClock();
    expect(pins.holds('x'.repeat(1_000_000))).toBe(true);
    for (let index = 0; index < 5000; index++) pins.holds(`forged ${index}`);
    expect(pins.faults).toEqual({ ...NONE, malformed: 5001 });
  });

  it('tells once that it was issued', () => {
    const { pins, warnings } = pinsAndClock();
    pins.holds('nothing');
    expect(warnings).toEqual([]);
    pins.issue();
    pins.issue();
    expect(warnings).toEqual(['issued']);
  });

  it('is due to who wrote, or marked a write, and not to who was pinned by an earlier one', () => {
    const { pins } = pinsAndClock();
    const [wrote, marked, pinned] = [1, 2, 3].map(() => openContext('request', { balanced: true }));
    markWrote(wrote!);
    see(marked!.work.seen);
    pinned!.work.pinned = true;
    expect([wrote, marked, pinned].map((context) => pins.isDue(context!))).toEqual([true, true, false]);
  });
});
