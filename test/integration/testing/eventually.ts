import { setTimeout as sleepMs } from 'node:timers/promises';

const DEADLINE_MS = 10_000;

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
