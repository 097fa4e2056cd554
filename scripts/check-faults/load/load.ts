import { setTimeout as sleepMs } from 'node:timers/promises';
import type { ReplicatedPostgres } from '../../../src/testing/index.js';
import type { RouterUnderFault } from '../routers/router-under-fault.js';
import { LoadSession } from './load-session.js';
import type { Recording } from './recording.js';

const SESSIONS = 12;
/** More than a context can take where each of its operations takes as long as it may. */
const STOP_MS = 40_000;

/** Several people at once, all the time from `start` to `stop`. */
export class Load {
  private readonly stopped = new AbortController();
  private readonly running: Promise<unknown>;

  private constructor(
    private readonly sessions: readonly LoadSession[],
    private readonly recording: Recording,
  ) {
    this.running = Promise.all(sessions.map((session) => session.run(this.stopped.signal)));
  }

  /** `row`: a name for its registers and lists, which nobody else has used. */
  static start(router: RouterUnderFault, recording: Recording, row: string): Load {
    const names = Array.from({ length: SESSIONS }, (_, index) => `${row}.${index}`);
    const sessions = names.map((name, index) => {
      const friend = names[(index + 1) % names.length] ?? name;
      return new LoadSession(name, friend, () => router.session(), recording);
    });
    return new Load(sessions, recording);
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    const isStopped = this.running.then(() => true);
    if (await Promise.race([isStopped, sleepMs(STOP_MS, false, { ref: false })])) return;
    this.recording.addFault(new Error(`a context did not end within ${STOP_MS} ms`));
  }

  async check(replication: ReplicatedPostgres): Promise<void> {
    for (const session of this.sessions) await session.check(replication);
  }
}
