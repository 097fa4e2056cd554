import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import type { DatabaseRouting } from '../database-routing.js';
import type { RoutingStatus } from '../routing-status.js';
import type { EngineStateKind } from '../engines/engine-state.js';
import { getDatabaseRoutingToken } from '../nest/tokens.js';

/** Whether an engine in this state is one that somebody should look after. */
const IS_OUT = {
  unknown: false,
  up: false,
  returning: false,
  lagging: true,
  slow: true,
  down: true,
  foreign: true,
  draining: false,
} satisfies Record<EngineStateKind, boolean>;

/**
 * For @nestjs/terminus, which must be imported where this is provided. `down` where nobody can write: the master is away, or
 * two claim to be it. `degraded` where slaves are out or lag, or were not found yet: reads go elsewhere; on terminus 11, which has no such word, `up`. The details name the
 * engines, but not why they are out, which is in `DatabaseRouting.status()`: health pages are often seen by strangers.
 */
@Injectable()
export class DatabaseRoutingHealthIndicator {
  constructor(
    @Inject(HealthIndicatorService) private readonly indicators: HealthIndicatorService,
    @Inject(ModuleRef) private readonly modules: ModuleRef,
  ) {}

  /** As last heard, which is 5 s ago at most; asks the engines only where nobody has asked them yet. `set`: of that name. */
  async isHealthy<const Key extends string>(
    key: Key,
    { set }: { set?: string } = {},
  ): Promise<HealthIndicatorResult<Key>> {
    const routing = this.modules.get(getDatabaseRoutingToken(set), { strict: false });
    await routing.asked();
    const status = routing.status();
    const indicator = this.indicators.check(key);
    const details = detailsOf(status);
    if (!canWrite(status)) return indicator.down(details);
    // terminus 11 knows `up` and `down` only
    const knowsDegraded = 'degraded' in indicator;
    return knowsDegraded && isDegraded(status, routing) ? indicator.degraded(details) : indicator.up(details);
  }
}

function canWrite({ isContested, master, engines }: RoutingStatus): boolean {
  return !isContested && engines.some(({ name, state }) => name === master && !IS_OUT[state.kind]);
}

function isDegraded({ engines }: RoutingStatus, routing: DatabaseRouting): boolean {
  const hasNoSlave = routing.engines.balancing && routing.engines.slaves.length === 0;
  return hasNoSlave || engines.some(({ state }) => IS_OUT[state.kind]);
}

function detailsOf({ master, isContested, engines }: RoutingStatus) {
  const states = engines.map(({ name, state: { kind }, lagMs }) => [name, { state: kind, lagMs }] as const);
  return { master, isContested, engines: Object.fromEntries(states) };
}
