import { clockAt } from '../clock-at.js';
import { stubEngine } from '../engines/stub-engine.js';
import type { EngineRegistry } from '../../../src/engines/engine-registry.js';
import type { Engine } from '../../../src/engines/engine.js';
import { EngineHealth } from '../../../src/health/engine-health.js';
import type { ProbeRow } from '../../../src/health/engine-probe.js';
import { ReturnGate } from '../../../src/health/return-gate.js';

export const BACKOFF_MS = 100;
export const SLOW_START_MS = 400;

/** What a slave answers that streams and is where it should be. */
export const SLAVE_ANSWER: ProbeRow = {
  in_recovery: true,
  lsn: '0/1000',
  walfile: null,
  segment: '16777216',
  started_at: '1',
  system: 'S',
  timeline: 1,
  replayed_ms: '10',
  paused: false,
  receiving: true,
  database: 'app',
  aurora_lag_ms: null,
  untold: {},
};

/** What a master answers. */
export const MASTER_ANSWER: ProbeRow = {
  ...SLAVE_ANSWER,
  in_recovery: false,
  walfile: '000000010000000000000000',
  started_at: '2',
  replayed_ms: null,
  paused: null,
  receiving: false,
};

export function engineOf(name: string, role: Engine['role'] = 'slave', weight = 1): Engine {
  return stubEngine(name, role, { weight });
}

/** Health of an engine whose state is only set, and told of to nobody. */
export function healthOf(engine: Engine, serves = true, clock = { nowMs: 0 }): EngineHealth {
  const gate = new ReturnGate(BACKOFF_MS, 10_000, () => 0.5);
  const engines: Pick<EngineRegistry, 'setState'> = { setState: (of, state) => void (of.state = state) };
  return new EngineHealth(engine, {
    engines: engines as EngineRegistry,
    gate,
    runsQueries: () => Promise.resolve(serves),
    run: () => Promise.resolve(undefined),
    slowStartMs: SLOW_START_MS,
    clock: clockAt(() => clock.nowMs),
  });
}

/** The same, after an answer that took so long as the ones before. */
export function heardHealth(engine: Engine, answer: Partial<ProbeRow> = {}, latencyMs = 1): EngineHealth {
  const health = healthOf(engine);
  const whole = { ...(engine.role === 'master' ? MASTER_ANSWER : SLAVE_ANSWER), ...answer };
  for (let times = 0; times < 2; times++) health.answered(whole, 0, latencyMs);
  return health;
}
