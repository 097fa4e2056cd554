import type { ResolvedHealthOptions } from '../options/resolve-health-options.js';
import type { EngineHealth } from './engine-health.js';
import type { ProbeRow } from './engine-probe.js';
import type { Fault } from './server-faults.js';

/** What a slave is compared with. */
export interface Surroundings {
  /** The master's; undefined until it was asked. */
  readonly system: string | undefined;
  /** The master's database. */
  readonly database: string | undefined;
  /** The newest on which a master was known; 0 until then. */
  readonly timeline: number;
  /** Which run of a server the master is. */
  readonly masterRun: string | undefined;
  /** All others that answer. */
  readonly others: readonly EngineHealth[];
  /** No other slave serves: slow is better than none. */
  readonly isLast: boolean;
  readonly options: ResolvedHealthOptions;
}

/** So many times as long as the others' is. */
const SLOW_RATIO = 5;

/** Undefined: it may serve. */
export function faultOfSlave(
  health: EngineHealth,
  answer: ProbeRow,
  around: Surroundings,
): Fault | undefined {
  return (
    faultOfHistory(health, answer, around) ??
    faultOfLag(health, around.options) ??
    faultOfLatency(health, around)
  );
}

export function faultOfMaster({ in_recovery: inRecovery }: ProbeRow): Fault | undefined {
  return inRecovery ? { kind: 'foreign', because: 'it is in recovery: it was made a slave' } : undefined;
}

/** Where the master is not known yet there is nothing to compare with. */
function faultOfHistory(
  { mayBeMaster }: EngineHealth,
  answer: ProbeRow,
  around: Surroundings,
): Fault | undefined {
  const { system, timeline, database, masterRun } = around;
  if (database !== undefined && answer.database !== database)
    return foreign(`it serves the database ${answer.database}, the master ${database}`);
  if (system === undefined || answer.system === null) return undefined;
  if (answer.system !== system)
    return foreign(`it belongs to the system ${answer.system}, the master to ${system}`);
  const isMasterItself = !answer.in_recovery && answer.started_at === masterRun;
  if (isMasterItself && !mayBeMaster)
    return foreign("it leads to the master's own server by now, which would get its reads on top");
  if (answer.timeline === timeline && (answer.in_recovery || isMasterItself)) return undefined;
  const does = answer.in_recovery ? 'follows' : 'is no slave: it writes';
  return foreign(`it ${does} timeline ${answer.timeline}, the master writes ${timeline}`);
}

function foreign(because: string): Fault {
  return { kind: 'foreign', because };
}

/** Out beyond the limit, back below half of it. */
function faultOfLag(
  { engine, lag }: EngineHealth,
  { maxLagMs, maxLagBytes }: ResolvedHealthOptions,
): Fault | undefined {
  if (!lag) return undefined;
  const part = engine.state.kind === 'lagging' ? 0.5 : 1;
  if (lag.ms > maxLagMs * part)
    return { kind: 'lagging', because: `it is more than ${maxLagMs * part} ms behind the master` };
  if (lag.bytes !== undefined && lag.bytes > maxLagBytes * part)
    return { kind: 'lagging', because: `it is more than ${maxLagBytes * part} bytes behind the master` };
  return undefined;
}

/** Out beyond many times the others', back below half of that; with nobody to compare with it is as fast as it gets. */
function faultOfLatency(health: EngineHealth, around: Surroundings): Fault | undefined {
  const limitMs = latencyLimitMs(health, around);
  const { latencyMs = 0 } = health;
  if (latencyMs <= limitMs) return undefined;
  return { kind: 'slow', because: `it takes ${Math.round(latencyMs)} ms to answer, the limit is ${limitMs}` };
}

/** Whether one more probe has to tell if it is slow. */
export function isInDoubt(health: EngineHealth, around: Surroundings): boolean {
  const { lastLatencyMs = 0, latencyMs = 0 } = health;
  const limitMs = latencyLimitMs(health, around);
  return lastLatencyMs > limitMs && latencyMs <= limitMs;
}

function latencyLimitMs({ engine }: EngineHealth, { others, isLast, options }: Surroundings): number {
  if (isLast) return Infinity;
  const typicalMs = median(others.flatMap(({ worstLatencyMs }) => worstLatencyMs ?? [])) ?? Infinity;
  const part = engine.state.kind === 'slow' ? 0.5 : 1;
  return Math.ceil(Math.max(options.slowMs, SLOW_RATIO * typicalMs) * part);
}

function median(numbers: readonly number[]): number | undefined {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
}
