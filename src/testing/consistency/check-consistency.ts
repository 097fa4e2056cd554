import { ClientRunner } from './client-runner.js';
import {
  type ConsistencyOptions,
  type ResolvedConsistencyOptions,
  resolveConsistencyOptions,
} from './consistency.options.js';
import type { ConsistencyReport } from './consistency-report.js';
import { FaultSchedule } from './fault-schedule.js';
import { Recorder } from './recorder.js';
import { Workload } from './workload.js';

/**
 * Runs clients that write and read registers and lists, and reports what they were shown and should not have been: see
 * `ANOMALY_KINDS` for what counts. It checks as it goes, so that patience bounds its length, not memory. Errors are
 * counted, and are no anomalies. Rejects where nothing worked at all, where a fault's `run` failed, and for options that
 * can't work. What is reported has happened; that nothing is reported proves this run only, so give it lag and faults.
 */
export async function checkConsistency(options: ConsistencyOptions): Promise<ConsistencyReport> {
  const resolved = resolveConsistencyOptions(options);
  await resolved.driver.prepare?.();
  return new ConsistencyCheck(resolved).run();
}

/** One check, from its first operation to its last. */
class ConsistencyCheck {
  private readonly workload: Workload;
  private readonly recorder: Recorder;
  private readonly faults: FaultSchedule;
  private failure: { readonly cause: unknown } | undefined;

  constructor(private readonly options: ResolvedConsistencyOptions) {
    this.workload = new Workload(options);
    this.recorder = new Recorder(options);
    this.faults = new FaultSchedule(
      options.faults,
      () => this.recorder.nowMs(),
      (cause) => (this.failure ??= { cause }),
    );
  }

  async run(): Promise<ConsistencyReport> {
    const progress = setInterval(() => this.tellProgress(), 1000);
    this.faults.start();
    try {
      await Promise.all(this.clients().map((client) => client.run(() => this.goesOn())));
    } finally {
      clearInterval(progress);
      await this.faults.stop();
    }
    return this.report();
  }

  private clients(): ClientRunner[] {
    const { clients, driver, pauseMs } = this.options;
    return Array.from(
      { length: clients },
      (_, id) => new ClientRunner(id, driver.client(id), this.workload, { recorder: this.recorder, pauseMs }),
    );
  }

  private goesOn(): boolean {
    const { seconds, operations, signal } = this.options;
    const hasTime = this.recorder.nowMs() < seconds * 1000 && this.recorder.attempts < operations;
    return hasTime && signal?.aborted !== true && this.failure === undefined;
  }

  private tellProgress(): void {
    const { operations, anomalies } = this.recorder;
    this.options.onProgress({ seconds: this.recorder.nowMs() / 1000, operations, anomalies });
  }

  private report(): ConsistencyReport {
    if (this.failure) throw this.failure.cause;
    const report = this.recorder.report(this.faults.report());
    const [error] = report.errors;
    // Otherwise the best report of all would be that of an app that does not answer.
    if (report.operations === 0 && error)
      throw new Error(`nothing worked, so nothing was checked; ${error.count} times: ${error.message}`);
    return report;
  }
}
