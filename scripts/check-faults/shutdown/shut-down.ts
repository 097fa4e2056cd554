import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleepMs } from 'node:timers/promises';
import { FaultClock } from '../fault-clock.js';
import type { FaultDatabase } from '../fault-database.js';
import type { Fault } from '../faults/fault.js';
import { Recording } from '../load/recording.js';
import type { RouterSession } from '../routers/router-under-fault.js';
import type { ShutdownAnswer, ShutdownOrder } from './shutdown-message.js';

/** How our router ended in the middle of a fault. */
export interface Shutdown {
  readonly tookMs: number;
  /** What was left of it, and what its end failed with. */
  readonly left: readonly string[];
}

const WARM_UP_MS = 2_000;
/** Before anybody can have noticed that a server is frozen. */
const STRUCK_MS = 500;
const EXIT_MS = 2_000;

/** For faults that need a load of their own: here the load is another process's. */
const IDLE: RouterSession = { context: () => sleepMs(100) };

/** Makes the fault anew, and shuts a process down half a second later, which is in the middle of its work. */
export async function shutDown(database: FaultDatabase, fault: Fault): Promise<Shutdown> {
  await fault.prepare?.(database);
  const child = fork(new URL('./shutdown.script.js', import.meta.url));
  try {
    const servers = database.servers(fault.behindProxy === true);
    await ask(child, { kind: 'start', servers, options: fault.ours ?? {} });
    await sleepMs(WARM_UP_MS);
    return await duringFault(database, fault, () => destroy(child));
  } finally {
    child.kill('SIGKILL');
  }
}

/** The fault is healed when the work is done. */
async function duringFault(
  database: FaultDatabase,
  fault: Fault,
  work: () => Promise<Shutdown>,
): Promise<Shutdown> {
  const clock = new FaultClock();
  const isStruck = async () => {
    while (clock.engines.length === 0) await sleepMs(10);
    await sleepMs(STRUCK_MS);
  };
  const shutdown = isStruck().then(work);
  const hold = async () => void (await shutdown);
  const recording = new Recording();
  const faulted = fault.run({ database, clock, hold, recording, session: () => IDLE });
  const [result] = await Promise.all([shutdown, faulted]);
  return result;
}

async function destroy(child: ChildProcess): Promise<Shutdown> {
  const exited = once(child, 'exit').then(() => true);
  const answer = await ask(child, { kind: 'destroy' });
  if (answer.kind !== 'destroyed') throw new Error(`the process was to shut down, and has ${answer.kind}`);
  const { tookMs, error, left } = answer;
  const isGone = await Promise.race([exited, sleepMs(EXIT_MS, false, { ref: false })]);
  return {
    tookMs,
    left: [...left, ...(error === undefined ? [] : [error]), ...(isGone ? [] : ['the process'])],
  };
}

async function ask(child: ChildProcess, order: ShutdownOrder): Promise<ShutdownAnswer> {
  const answered = once(child, 'message');
  const died = once(child, 'exit').then(() => {
    throw new Error('the process that was to shut down has died');
  });
  child.send(order);
  const [answer] = await Promise.race([answered, died]);
  return answer as ShutdownAnswer;
}
