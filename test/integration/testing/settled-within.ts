import { setTimeout as sleepMs } from 'node:timers/promises';

/** Whether a promise settles in time; for what must hang, and for nothing else. */
export async function settledWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const settled = promise.then(
    () => true,
    () => true,
  );
  const timer = new AbortController();
  const late = sleepMs(ms, false, { signal: timer.signal }).catch(() => false);
  const isSettled = await Promise.race([settled, late]);
  timer.abort();
  return isSettled;
}
