import type { FaultClock } from './fault-clock.js';
import type { Operation } from './load/operation.js';
import type { Recording } from './load/recording.js';
import type { RotationWatch } from './rotation-watch.js';
import type { SentLog } from './sent-log.js';
import type { Shutdown } from './shutdown/shut-down.js';

/** `'never'`: it did not happen while the row lasted. Undefined: it makes no sense in this row. */
export type Duration = number | 'never' | undefined;

/** What one router did under one fault. */
export interface RowResult {
  readonly fault: string;
  readonly router: string;
  readonly reads: number;
  readonly readsPerSecondBefore: number;
  readonly readsPerSecondDuring: number;
  /** Of the reads before the fault, by engine. */
  readonly sharesBefore: Readonly<Record<string, number>>;
  readonly failedReads: number;
  /** For lack of slaves, since the master has a budget. */
  readonly refusedReads: number;
  readonly writes: number;
  readonly failedWrites: number;
  readonly wrong: number;
  readonly detectMs: Duration;
  readonly backMs: Duration;
  readonly p99BeforeMs: number | undefined;
  readonly p99DuringMs: number | undefined;
  readonly slowestReadMs: number;
  readonly onMasterBefore: number | undefined;
  readonly onMasterDuring: number | undefined;
  /** Reads a second that the master took over while no slave could serve. */
  readonly takenOverPerSecond: number | undefined;
  readonly outs: number | undefined;
  /** What the router said of engines that were out. */
  readonly causes: readonly string[];
  /** From the moment when everybody can see a promotion to the first acknowledged write. */
  readonly firstWriteMs: Duration;
  /** Writes that an old master got. */
  readonly strayWrites: number | undefined;
  /** How long it took to shut our router down in the middle of the fault, and what was left of it. */
  readonly shutdown: Shutdown | undefined;
  /** Rejections that nobody waited for: outside this script they end the process. */
  readonly unhandled: number;
  readonly errors: readonly { readonly message: string; readonly count: number }[];
  readonly wrongExamples: readonly string[];
}

/** All that was seen of a row. */
export interface RowEvidence {
  readonly fault: string;
  readonly router: string;
  readonly recording: Recording;
  readonly clock: FaultClock;
  readonly sent: SentLog;
  readonly watch: RotationWatch;
  /** When the row began to count. */
  readonly beganMs: number;
  readonly endedMs: number;
  readonly strayWrites: number | undefined;
  readonly causes: readonly string[] | undefined;
}

const EXAMPLES = 3;
const MOST_ERRORS = 6;

export function rowResult(evidence: RowEvidence): RowResult {
  const { recording, clock, watch, beganMs, endedMs } = evidence;
  const { operations, wrong } = recording;
  const reads = operations.filter(({ kind }) => kind !== 'write');
  const writes = operations.filter(({ kind }) => kind === 'write');
  const faultEndedMs = Math.min(clock.endedMs, endedMs);
  const before = between(reads, beganMs, clock.beganMs);
  const during = between(reads, clock.beganMs, faultEndedMs);
  const masters = new Set(['master', clock.promotion?.server]);
  return {
    fault: evidence.fault,
    router: evidence.router,
    reads: reads.length,
    readsPerSecondBefore: perSecond(before, clock.beganMs - beganMs),
    readsPerSecondDuring: perSecond(during, faultEndedMs - clock.beganMs),
    sharesBefore: sharesOf(before),
    failedReads: reads.filter(isFailed).length,
    refusedReads: reads.filter(({ isRefused }) => isRefused).length,
    writes: writes.length,
    failedWrites: writes.filter(isFailed).length,
    wrong: wrong.length,
    detectMs: longest(clock.engines.map((engine) => detectMs(engine, evidence))),
    backMs: longest(usedBefore(clock, before).map((engine) => backMs(engine, evidence))),
    p99BeforeMs: p99(before),
    p99DuringMs: p99(during.filter(({ engine }) => engine && !clock.engines.includes(engine))),
    slowestReadMs: during.reduce((slowest, read) => Math.max(slowest, msOf(read)), 0),
    onMasterBefore: shareOn(new Set(['master']), before),
    onMasterDuring: shareOn(masters, during),
    takenOverPerSecond: takenOverPerSecond(evidence, faultEndedMs),
    outs: watch.isTold ? watch.outs : undefined,
    causes: [...(evidence.causes ?? [])],
    firstWriteMs: firstWriteMs(writes, clock),
    strayWrites: evidence.strayWrites,
    shutdown: undefined,
    unhandled: recording.unhandled.length,
    errors: errorsOf(recording),
    wrongExamples: wrong.slice(0, EXAMPLES),
  };
}

function between(operations: readonly Operation[], fromMs: number, toMs: number): Operation[] {
  return operations.filter(({ endedMs }) => endedMs >= fromMs && endedMs < toMs);
}

function isFailed({ error, isRefused }: Operation): boolean {
  return error !== undefined && !isRefused;
}

function isAnswered({ error }: Operation): boolean {
  return error === undefined;
}

function takenOverPerSecond({ sent, clock }: RowEvidence, faultEndedMs: number): number | undefined {
  const count = sent.countFor('no-slave', clock.beganMs, faultEndedMs);
  return count === undefined ? undefined : count / ((faultEndedMs - clock.beganMs) / 1000);
}

function detectMs(engine: string, { clock, watch, sent, endedMs }: RowEvidence): Duration {
  const struckMs = clock.struckAt(engine) ?? 0;
  const untilMs = clock.healedAt(engine) ?? endedMs;
  const outMs = watch.isTold
    ? watch.outSince(engine, struckMs, untilMs)
    : sent.quietSince(engine, struckMs, untilMs);
  return outMs === undefined ? 'never' : outMs - struckMs;
}

/** Who was never in rotation can't come back. */
function usedBefore({ engines }: FaultClock, before: readonly Operation[]): string[] {
  const used = new Set(before.map(({ engine }) => engine));
  return engines.filter((engine) => used.has(engine));
}

/** Until a read on it succeeds again. */
function backMs(engine: string, { clock, recording }: RowEvidence): Duration {
  const healedMs = clock.healedAt(engine);
  if (healedMs === undefined) return undefined;
  const first = recording.firstReadOn(engine, healedMs);
  return first === undefined ? 'never' : first - healedMs;
}

function firstWriteMs(writes: readonly Operation[], { promotion }: FaultClock): Duration {
  if (!promotion) return undefined;
  const { atMs } = promotion;
  const first = writes.find((write) => isAnswered(write) && write.endedMs >= atMs);
  return first ? first.endedMs - atMs : 'never';
}

function longest(durations: readonly Duration[]): Duration {
  if (durations.includes('never')) return 'never';
  const numbers = durations.filter((duration) => typeof duration === 'number');
  return numbers.length > 0 ? Math.max(...numbers) : undefined;
}

function perSecond(reads: readonly Operation[], ms: number): number {
  return reads.filter(isAnswered).length / (ms / 1000);
}

function sharesOf(reads: readonly Operation[]): Record<string, number> {
  const engines = new Set(reads.map(({ engine }) => engine ?? 'none'));
  const share = (name: string) =>
    reads.filter(({ engine }) => (engine ?? 'none') === name).length / reads.length;
  return Object.fromEntries([...engines].map((name) => [name, share(name)]));
}

function p99(reads: readonly Operation[]): number | undefined {
  const sorted = reads
    .filter(isAnswered)
    .map(msOf)
    .toSorted((one, other) => one - other);
  return sorted[Math.ceil(sorted.length * 0.99) - 1];
}

function msOf({ startedMs, endedMs }: Operation): number {
  return endedMs - startedMs;
}

function shareOn(masters: ReadonlySet<string | undefined>, reads: readonly Operation[]): number | undefined {
  const answered = reads.filter(isAnswered);
  return answered.length > 0
    ? answered.filter(({ engine }) => masters.has(engine)).length / answered.length
    : undefined;
}

function errorsOf({ operations, faults, unhandled }: Recording): RowResult['errors'] {
  const counts = new Map<string, number>();
  const messages = operations.filter(isFailed).map(({ kind, error }) => `${kind}: ${error}`);
  for (const message of [...messages, ...faults, ...unhandled])
    counts.set(message, (counts.get(message) ?? 0) + 1);
  const sorted = [...counts].toSorted(([, one], [, other]) => other - one);
  return sorted.slice(0, MOST_ERRORS).map(([message, count]) => ({ message, count }));
}
