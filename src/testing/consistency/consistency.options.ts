import { checkKeys, refuse } from '../../options/check.js';
import { InvalidOptionsError } from '../../errors.js';
import type { DatabaseRouting } from '../../database-routing.js';
import type { ConsistencyDriver } from './consistency-driver.js';
import { httpDriver } from './http.driver.js';
import { knexDriver } from './knex.driver.js';

/** Something done to the database or the app while clients run. One fault's `run` may still run when the next begins. */
export interface Fault {
  readonly name: string;
  /** Seconds after the first operation. A check that ends earlier leaves it out. */
  readonly atSeconds: number;
  /** Its failure ends the check, which rejects with it. */
  run(): unknown;
}

export interface ConsistencyProgress {
  readonly seconds: number;
  readonly operations: number;
  readonly anomalies: number;
}

/** What is checked (one of `routing`, `url`, `driver`), by whom, for how long. */
export interface ConsistencyOptions {
  /** The routed Knex in this process: short for `driver: knexDriver(routing)`. */
  readonly routing?: DatabaseRouting;
  /** An app, or several processes of it: short for `driver: httpDriver({ url })`. */
  readonly url?: string | readonly string[];
  readonly driver?: ConsistencyDriver;
  /** How many clients run at once. Default 8. */
  readonly clients?: number;
  /** How long a client waits before each of its operations. Default 0. */
  readonly pauseMs?: number;
  /** Ends the check after so many seconds. Default 10 where `operations` is not given, else no limit. */
  readonly seconds?: number;
  /** Ends the check after so many operations of all clients together, the failed included. */
  readonly operations?: number;
  /** Ends the check early; the report is of what was done. */
  readonly signal?: AbortSignal;
  /** Share of the operations that write, 0 to 1. Default 0.1. */
  readonly writeShare?: number;
  /** How many registers there are. Default 16. Few of them show anomalies sooner. */
  readonly registers?: number;
  /** How many lists there are at a time. Default 4. */
  readonly lists?: number;
  /** No reading may lack a write that was acknowledged so many ms before the reading began. Default: not checked. */
  readonly maxLagMs?: number;
  readonly faults?: readonly Fault[];
  /** How many anomalies of each kind the report shows with their operations. Default 5. */
  readonly examplesPerKind?: number;
  /** 0 to 1, as `Math.random`, which is the default: what the clients do next. */
  readonly random?: () => number;
  /** Told once a second. */
  readonly onProgress?: (progress: ConsistencyProgress) => void;
}

export interface ResolvedConsistencyOptions {
  readonly driver: ConsistencyDriver;
  readonly clients: number;
  readonly pauseMs: number;
  readonly seconds: number;
  readonly operations: number;
  readonly signal: AbortSignal | undefined;
  readonly writeShare: number;
  readonly registers: number;
  readonly lists: number;
  readonly maxLagMs: number | undefined;
  readonly faults: readonly Fault[];
  readonly examplesPerKind: number;
  readonly random: () => number;
  readonly onProgress: (progress: ConsistencyProgress) => void;
}

const DEFAULT_SECONDS = 10;
const KNOWN = Object.keys({
  routing: true,
  url: true,
  driver: true,
  clients: true,
  pauseMs: true,
  seconds: true,
  operations: true,
  signal: true,
  writeShare: true,
  registers: true,
  lists: true,
  maxLagMs: true,
  faults: true,
  examplesPerKind: true,
  random: true,
  onProgress: true,
} satisfies Record<keyof ConsistencyOptions, true>);

export function resolveConsistencyOptions(options: ConsistencyOptions): ResolvedConsistencyOptions {
  checkKeys('', options, KNOWN);
  const { operations, maxLagMs, writeShare = 0.1 } = options;
  if (!(writeShare >= 0 && writeShare <= 1)) refuse('writeShare', 'a number from 0 to 1', writeShare);
  const forever = Number.POSITIVE_INFINITY;
  return Object.freeze({
    driver: driverOf(options),
    clients: atLeast(1, 'clients', options.clients ?? 8),
    pauseMs: atLeast(0, 'pauseMs', options.pauseMs ?? 0),
    seconds: above0('seconds', options.seconds ?? (operations === undefined ? DEFAULT_SECONDS : forever)),
    operations: above0('operations', operations ?? forever),
    signal: options.signal,
    writeShare,
    registers: atLeast(1, 'registers', options.registers ?? 16),
    lists: atLeast(0, 'lists', options.lists ?? 4),
    maxLagMs: maxLagMs === undefined ? undefined : above0('maxLagMs', maxLagMs),
    faults: checkFaults(options.faults ?? []),
    examplesPerKind: atLeast(0, 'examplesPerKind', options.examplesPerKind ?? 5),
    random: options.random ?? Math.random,
    onProgress: options.onProgress ?? (() => undefined),
  });
}

function driverOf({ routing, url, driver }: ConsistencyOptions): ConsistencyDriver {
  const given = [routing, url, driver].filter((one) => one !== undefined);
  if (given.length !== 1)
    throw new InvalidOptionsError(`Give one of 'routing', 'url' and 'driver', got ${given.length} of them.`);
  if (routing) return knexDriver(routing);
  return driver ?? httpDriver({ url: url ?? [] });
}

function checkFaults(faults: readonly Fault[]): readonly Fault[] {
  for (const [index, { atSeconds }] of faults.entries()) {
    if (!(atSeconds >= 0)) refuse(`faults[${index}].atSeconds`, 'a number from 0', atSeconds);
  }
  return faults;
}

function atLeast(least: number, path: string, value: number): number {
  if (!Number.isInteger(value) || value < least) refuse(path, `a whole number from ${least}`, value);
  return value;
}

function above0(path: string, value: number): number {
  if (!(value > 0)) refuse(path, 'a number above 0', value);
  return value;
}
