import { setTimeout as sleepMs } from 'node:timers/promises';
import type { Fault } from './consistency.options.js';
import type { FaultReport } from './consistency-report.js';

/** Runs the faults at their times, until it is stopped. */
export class FaultSchedule {
  private readonly startedAtSeconds = new Map<Fault, number>();
  private readonly abort = new AbortController();
  private running: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly faults: readonly Fault[],
    private readonly nowMs: () => number,
    private readonly onFailure: (cause: unknown) => void,
  ) {}

  start(): void {
    this.running = Promise.all(this.faults.map((fault) => this.runOne(fault)));
  }

  /** Begins no more, and waits for those that have begun. */
  async stop(): Promise<void> {
    this.abort.abort();
    await this.running;
  }

  report(): FaultReport[] {
    return this.faults.map((fault) => ({
      name: fault.name,
      startedAtSeconds: this.startedAtSeconds.get(fault),
    }));
  }

  private async runOne(fault: Fault): Promise<void> {
    const { signal } = this.abort;
    await sleepMs(Math.max(0, fault.atSeconds * 1000 - this.nowMs()), undefined, { signal }).catch(
      () => undefined,
    );
    if (signal.aborted) return;
    this.startedAtSeconds.set(fault, this.nowMs() / 1000);
    try {
      await fault.run();
    } catch (cause) {
      this.onFailure(new Error(`the fault '${fault.name}' failed; mend its run()`, { cause }));
    }
  }
}
