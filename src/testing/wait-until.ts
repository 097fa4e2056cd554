import { setTimeout as sleepMs } from 'node:timers/promises';
import { ReplicatedPostgresError } from './replicated-postgres.error.js';

export interface WaitOptions {
  /** Ends "waited 30000 ms for …" when it takes longer. */
  readonly what: string;
  readonly timeoutMs: number;
  readonly everyMs?: number;
}

/** Asks again and again until the answer is something else than `undefined` and `false`, and returns it. */
export async function waitUntil<T>(
  { what, timeoutMs, everyMs = 10 }: WaitOptions,
  ask: () => T | false | undefined | Promise<T | false | undefined>,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > deadline) {
      throw new ReplicatedPostgresError(
        'TIMED_OUT',
        `waited ${timeoutMs} ms for ${what}; look at the server's log()`,
      );
    }
    await sleepMs(everyMs);
  }
}
