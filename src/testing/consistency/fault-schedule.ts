import { setTimeout as sleepMs } from 'node:timers/promises';
import type { Fault } from './consistency.options.js';
import type { FaultReport } from './consistency-report.js';

/** Runs the faults at their times, until it is stopped. */
export class FaultSchedule {
  private readonly startedAtSeconds = new Map<Fault, number>();
  private readonly abort = new AbortController();
  private readonly running: Promise<void>[] = [];
  private scheduling: Promise<void> = Promise.resolve();

  constructor(
    private readonly faults: readonly Fault[],
    private readonly nowMs: () => number,
    private readonly onFailure: (cause: unknown) => void,
  ) {}

  start(): void {
    this.scheduling = this.schedule();
  }

  /** Begins no more, and waits for those that have begun. */
  async stop(): Promise<void> {
    this.abort.abort();
    await this.scheduling;
    await Promise.all(this.running);
  }

  report(): FaultReport[] {
    return this.faults.map((fault) => ({
      name: fault.name,
      startedAtSeconds: this.startedAtSeconds.get(fault),
    }));
  }

  private async schedule(): Promise<void> {
    const { signal } = this.abort;
    for (const fault of this.faults.toSorted((one, other) => one.atSeconds - other.atSeconds)) {
      const waitMs = Math.max(0, fault.atSeconds * 1000 - this.nowMs());
      await sleepMs(waitMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      this.running.push(this.run(fault));
    }
  }

  private async run(fault: Fault): Promise<void> {
    this.startedAtSeconds.set(fault, this.nowMs() / 1000);
    try {
      await fault.run();
    } catch (cause) {
      this.onFailure(new Error(`the fault '${fault.name}' failed; mend its run()`, { cause }));
    }
  }
}
