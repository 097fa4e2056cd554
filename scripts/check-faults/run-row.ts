import { setTimeout as sleepMs } from 'node:timers/promises';
import { FaultClock } from './fault-clock.js';
import type { FaultDatabase } from './fault-database.js';
import type { Fault } from './faults/fault.js';
import { Load } from './load/load.js';
import { Recording } from './load/recording.js';
import { RotationWatch } from './rotation-watch.js';
import type { RouterUnderFault, StartRouter } from './routers/router-under-fault.js';
import { ROUTERS, type RouterName } from './routers/routers.js';
import { type RowResult, rowResult } from './row-result.js';
import { SentLog } from './sent-log.js';

const WARM_UP_MS = 1500;
const BEFORE_MS = 4000;
/** What is watched after the fault at least, and how long an engine may take to come back. */
const AFTER_MS = 2000;
const BACK_WITHIN_MS = 20_000;
const CLOSE_MS = 10_000;

export interface Row {
  readonly fault: Fault;
  readonly router: RouterName;
  readonly holdMs: number;
  readonly onProgress: (state: string) => void;
}

/** One fault on one router; the database is left as the fault and the router have made it. */
export async function runRow(database: FaultDatabase, row: Row): Promise<RowResult> {
  const { fault, router: name } = row;
  const recording = new Recording();
  const sent = new SentLog();
  process.on('unhandledRejection', recording.addUnhandled);
  await fault.prepare?.(database);
  const start: StartRouter = ROUTERS[name].start;
  const router = await start(database.servers(fault.behindProxy === true), sent.add, fault.ours ?? {});
  const watch = new RotationWatch(router, ['master', ...database.slaves.map((slave) => slave.name)]);
  try {
    const times = await observe(database, row, router, recording);
    const strayWrites = await fault.straying?.(database);
    const { title } = ROUTERS[name];
    const { causes } = router;
    const evidence = { fault: fault.name, router: title, recording, sent, watch, strayWrites, causes };
    return rowResult({ ...evidence, ...times });
  } finally {
    watch.stop();
    await closed(router);
    process.off('unhandledRejection', recording.addUnhandled);
  }
}

async function observe(database: FaultDatabase, row: Row, router: RouterUnderFault, recording: Recording) {
  const { fault, holdMs, onProgress } = row;
  const clock = new FaultClock();
  onProgress('warming up');
  const load = Load.start(router, recording, rowKey(row));
  await sleepMs(WARM_UP_MS);
  const beganMs = performance.now();
  onProgress('before');
  await sleepMs(BEFORE_MS);
  onProgress('fault');
  const hold = (part = 1) => sleepMs(holdMs * part);
  await fault.run({ database, clock, hold, recording, session: () => router.session() });
  onProgress('after');
  await backInRotation(clock, recording);
  const endedMs = performance.now();
  await load.stop();
  await load.check(database.replication);
  return { clock, beganMs, endedMs };
}

async function backInRotation(clock: FaultClock, recording: Recording): Promise<void> {
  const deadline = performance.now() + BACK_WITHIN_MS;
  const isMissing = (engine: string) => {
    const healedMs = clock.healedAt(engine);
    const isUsed = recording.firstReadOn(engine, 0) !== undefined;
    return isUsed && healedMs !== undefined && recording.firstReadOn(engine, healedMs) === undefined;
  };
  await sleepMs(AFTER_MS);
  while (clock.engines.some(isMissing) && performance.now() < deadline) await sleepMs(50);
}

/** Baselines wait for connections that never come; nobody waits for that here. */
async function closed(router: RouterUnderFault): Promise<void> {
  await Promise.race([router.close().catch(() => undefined), sleepMs(CLOSE_MS, undefined, { ref: false })]);
}

function rowKey({ fault, router }: Row): string {
  return `${router} ${fault.name} ${Date.now()}`;
}
