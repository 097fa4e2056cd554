import type { Engine } from '../engines/engine.js';
import type { EngineRegistry } from '../engines/engine-registry.js';
import type { Freshness } from '../freshness/freshness.js';
import { EngineHealth } from '../health/engine-health.js';
import { answerWithin } from '../health/engine-probe.js';
import { Health } from '../health/health.js';
import { Judge } from '../health/judge.js';
import { LagMeter } from '../health/lag-meter.js';
import { MasterElection } from '../health/master-election.js';
import { Monitor } from '../health/monitor.js';
import { FIRST_BACKOFF_MS, LONGEST_BACKOFF_MS, ReturnGate } from '../health/return-gate.js';
import { Waiters } from '../health/waiters.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { HealthAnnouncer } from '../routing/health-announcer.js';
import type { RoutingEvents } from '../routing/decision-announcer.js';
import type { Outside } from './outside.js';

/** What watches the engines. */
export function createHealth(
  { health: options, failover, logger }: ResolvedOptions,
  engines: EngineRegistry,
  freshness: Freshness | undefined,
  { events, outside }: { events: RoutingEvents; outside: Outside },
): Health {
  const { clock, random, health: questions } = outside;
  const { intervalMs, timeoutMs, slowStartMs } = options;
  const monitor = new Monitor({ questions, intervalMs, timeoutMs, clock, random });
  const waiters = { master: new Waiters(clock), slave: new Waiters(clock), first: new Waiters(clock) };
  const runsQueries = (engine: Engine) =>
    questions.runQuery(engine, timeoutMs).then(
      () => true,
      () => false,
    );
  const run = (engine: Engine) =>
    answerWithin(questions.run(engine, timeoutMs), timeoutMs, clock).catch(() => undefined);
  const createOne = (engine: Engine) => {
    const gate = new ReturnGate(FIRST_BACKOFF_MS, LONGEST_BACKOFF_MS, random);
    return new EngineHealth(engine, { engines, gate, runsQueries, run, slowStartMs, clock });
  };
  const judge = new Judge({
    engines,
    freshness,
    monitor,
    election: new MasterElection(),
    lag: new LagMeter(),
    waiters,
    createHealth: createOne,
    listener: new HealthAnnouncer(logger, events),
    options,
    failover,
    clock,
  });
  return new Health({ engines, judge, monitor, waiters, failover, timeoutMs, clock });
}
