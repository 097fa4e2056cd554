import { beforeEach, describe, expect, it } from '@jest/globals';
import { LagMeter } from '../../../src/health/lag-meter.js';

describe('how far a slave is behind', () => {
  let meter: LagMeter;

  beforeEach(() => {
    meter = new LagMeter();
    meter.note(100n, 1_000);
    meter.note(300n, 2_000);
    meter.note(600n, 3_000);
  });

  it('is unknown before the master was asked', () => {
    expect(new LagMeter().lagOf(100n, 5, 0)).toBeUndefined();
  });

  it('is nothing where it has replayed all that is known of, however long ago that was', () => {
    expect(meter.lagOf(600n, 3_600_000, 9_000)).toMatchObject({ ms: 0, bytes: 0 });
    expect(meter.lagOf(601n, undefined, 9_000)).toMatchObject({ ms: 0, bytes: 0 });
  });

  it('counts from the first moment at which the master had more', () => {
    expect(meter.lagOf(299n, 10, 3_500)).toMatchObject({ ms: 1_500, bytes: 301 });
    expect(meter.lagOf(300n, 10, 3_500)).toMatchObject({ ms: 500, bytes: 300 });
  });

  it('is the age of what it replayed last where it is behind all samples', () => {
    expect(meter.lagOf(50n, 60_000, 3_500)).toMatchObject({ ms: 60_000, bytes: 550 });
    expect(meter.lagOf(50n, 100, 3_500)).toMatchObject({ ms: 2_500, bytes: 550 });
    expect(meter.lagOf(50n, undefined, 3_500)).toMatchObject({ ms: 2_500, bytes: 550 });
  });

  it('is not that age while it merely replays what was just written on an idle master', () => {
    const idle = new LagMeter();
    idle.note(100n, 1_000);
    expect(idle.lagOf(50n, 3_600_000, 1_900)).toMatchObject({ ms: 900, bytes: 50, isCertain: false });
    expect(idle.lagOf(50n, 3_600_000, 2_100)).toMatchObject({ ms: 3_600_000, isCertain: true });
  });

  it('keeps the time of the first sample of a position that does not change', () => {
    meter.note(600n, 50_000);
    expect(meter.lagOf(599n, undefined, 50_000)).toMatchObject({ ms: 47_000, bytes: 1 });
  });

  it('forgets what a master has lost that comes back with less log than before', () => {
    meter.note(500n, 60_000);
    expect(meter.lagOf(500n, 10, 60_500)).toMatchObject({ ms: 0, bytes: 0 });
  });

  it('forgets the samples of another history', () => {
    meter.reset();
    expect(meter.lagOf(50n, undefined, 4_000)).toBeUndefined();
    meter.note(70n, 4_000);
    expect(meter.lagOf(50n, undefined, 4_100)).toMatchObject({ ms: 100, bytes: 20 });
  });

  it('keeps a bounded number of samples, the newest', () => {
    for (let second = 0; second < 1_000; second++)
      meter.note(1_000n + BigInt(second), 10_000 + second * 1_000);
    const nowMs = 10_000 + 1_000_000;
    expect(meter.lagOf(0n, undefined, nowMs)!.ms).toBe(256_000);
    expect(meter.lagOf(1_998n, undefined, nowMs)).toMatchObject({ ms: 1_000, bytes: 1 });
  });
});
