import { setTimeout as sleepMs } from 'node:timers/promises';

/** For what never comes true; a busy machine may be slow. */
const DEADLINE_MS = 30_000;

/** Repeats assertions until they hold; fails as they fail last. */
export async function eventually(assertions: () => Promise<void> | void): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    try {
      return await assertions();
    } catch (cause) {
      if (performance.now() > deadline) throw cause;
      await sleepMs(25);
    }
  }
}
