import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Engine } from '../../../src/engines/engine.js';
import type { EngineHealth } from '../../../src/health/engine-health.js';
import type { Fault } from '../../../src/health/server-faults.js';
import {
  BACKOFF_MS,
  MASTER_ANSWER,
  SLAVE_ANSWER,
  SLOW_START_MS,
  engineOf,
  healthOf,
} from './known-engines.js';

const LAGS: Fault = { kind: 'lagging', because: 'it is behind' };
const STEP_MS = SLOW_START_MS / 4;

let slave: Engine;
let health: EngineHealth;
let clock: { nowMs: number };

beforeEach(() => {
  slave = engineOf('slave1', 'slave', 8);
  clock = { nowMs: 0 };
  health = healthOf(slave, true, clock);
});

const kind = () => slave.state.kind;

/** It answers, and there is nothing to say against it. */
async function isFine(nowMs: number): Promise<void> {
  clock.nowMs = nowMs;
  health.judge(undefined, nowMs);
  await nextTurn();
}

describe('a slave', () => {
  it('is up from its first answer on, without a slow start', () => {
    health.judge(undefined, 0);
    expect(kind()).toBe('up');
    expect(slave.weight).toBe(8);
  });

  it('is out with the reason and the time as soon as there is one', () => {
    health.judge(undefined, 0);
    health.judge(LAGS, 1);
    expect(slave.state).toEqual({ ...LAGS, since: expect.any(Date) });
  });

  it('keeps the time at which it went out while it stays out', () => {
    health.judge(LAGS, 0);
    const { since } = slave.state;
    health.judge(LAGS, 1);
    expect(slave.state.since).toBe(since);
  });

  it('that was lagging comes back at once, gently', () => {
    health.judge(LAGS, 0);
    health.judge(undefined, 1);
    expect(slave.state).toMatchObject({ kind: 'returning', share: 1 / 16 });
    expect(slave.weight).toBe(0.5);
  });

  it('that failed comes back after its backoff, and not by the first answer', async () => {
    await isFine(0);
    health.failed('ECONNREFUSED', 1_000);
    expect(slave.state).toMatchObject({ kind: 'down', because: 'ECONNREFUSED' });
    await isFine(1_000 + BACKOFF_MS - 1);
    expect(kind()).toBe('down');
    await isFine(1_000 + BACKOFF_MS);
    expect(kind()).toBe('returning');
  });

  it('that failed stays out where its own pool does not serve, and is tried less and less often', async () => {
    health = healthOf(slave, false, clock);
    health.failed('too many clients', 0);
    for (const ms of [BACKOFF_MS, 4 * BACKOFF_MS, 16 * BACKOFF_MS]) await isFine(ms);
    expect(kind()).toBe('down');
  });

  it('gets its share by steps, and is up after the time of a slow start', () => {
    health.judge(LAGS, 0);
    const weights: number[] = [];
    for (let ms = 0; ms <= SLOW_START_MS; ms += STEP_MS / 2) {
      health.judge(undefined, ms);
      weights.push(slave.weight);
    }
    expect(weights).toEqual([0.5, 0.5, 1, 1, 2, 2, 4, 4, 8]);
    expect(kind()).toBe('up');
  });

  it('waits twice as long where it fails again while it returns, and not longer for each query that failed', async () => {
    health.failed('gone', 0);
    health.failed('gone', 1); // the others under way
    health.failed('gone', 2);
    await isFine(BACKOFF_MS);
    expect(kind()).toBe('returning');
    health.failed('gone', BACKOFF_MS + 1);
    await isFine(BACKOFF_MS + 1 + 2 * BACKOFF_MS - 1);
    expect(kind()).toBe('down');
    await isFine(BACKOFF_MS + 1 + 2 * BACKOFF_MS);
    expect(kind()).toBe('returning');
  });

  it('begins its return anew where it goes out in between', () => {
    health.judge(LAGS, 0);
    health.judge(undefined, 0);
    health.judge(undefined, STEP_MS);
    expect(slave.weight).toBe(1);
    health.judge(LAGS, STEP_MS + 1);
    health.judge(undefined, STEP_MS + 2);
    expect(slave.weight).toBe(0.5);
  });

  it('that is being removed stays so, whatever is heard of it', () => {
    slave.state = { kind: 'draining', since: new Date() };
    health.judge(undefined, 0);
    health.judge(LAGS, 0);
    health.failed('gone', 0);
    expect(kind()).toBe('draining');
  });
});

describe('a master', () => {
  it('is up again with its first answer: there is nobody else', () => {
    const master = engineOf('master', 'master');
    const ofMaster = healthOf(master);
    ofMaster.failed('gone', 0);
    expect(master.state.kind).toBe('down');
    ofMaster.judge(undefined, 1);
    expect(master.state.kind).toBe('up');
  });
});

describe('what is known of an engine', () => {
  it('is nothing before it was asked', () => {
    expect([health.isKnown, health.answer, health.latencyMs]).toEqual([false, undefined, undefined]);
  });

  it('is that it failed, where that was its first answer', () => {
    health.notAnswered('gone', 5, 5);
    expect([health.isKnown, health.answer]).toEqual([true, undefined]);
  });

  it('is what it answered last, until it fails', () => {
    health.answered(SLAVE_ANSWER, 1, 1);
    health.answered(MASTER_ANSWER, 2, 1);
    expect(health).toMatchObject({ answer: MASTER_ANSWER, askedAtMs: 2 });
    health.failed('gone', 3);
    expect(health.answer).toBeUndefined();
  });

  it('is the better one of its last two latencies, without the first, which connects', () => {
    const latencies = [200, 4, 300, 5, 300, 400].map((ms) => {
      health.answered(SLAVE_ANSWER, 0, ms);
      return health.latencyMs;
    });
    expect(latencies).toEqual([undefined, 4, 4, 5, 5, 300]);
  });

  it('is no latency of before it failed', () => {
    for (const ms of [1, 1]) health.answered(SLAVE_ANSWER, 0, ms);
    health.failed('gone', 1);
    health.answered(SLAVE_ANSWER, 2, 500);
    expect(health.latencyMs).toBeUndefined();
  });
});
