import { Databases } from '../common/databases.js';
import { Progress } from '../common/progress.js';
import type { CommandLine } from './command-line.js';
import { FaultDatabase } from './fault-database.js';
import type { Fault } from './faults/fault.js';
import { brokenGoals } from './goals.js';
import { failedRow, tableRow } from './results-table.js';
import { ROUTERS, type RouterName } from './routers/routers.js';
import type { RowResult } from './row-result.js';
import { runRow } from './run-row.js';
import { shutDown } from './shutdown/shut-down.js';

/** The table as it grows, and what is wrong with our rows. */
export class Check {
  readonly rows: RowResult[] = [];
  /** A sentence for each goal that one of our rows broke. */
  readonly findings: string[] = [];
  private readonly databases = new Databases(() => FaultDatabase.start());

  constructor(private readonly line: CommandLine) {}

  async run(faults: readonly Fault[]): Promise<void> {
    try {
      for (const fault of faults)
        for (const router of this.line.routers)
          if (router === 'ours' || !fault.ours) await this.runRow(fault, router);
    } finally {
      await this.databases.drop();
    }
  }

  private async runRow(fault: Fault, router: RouterName): Promise<void> {
    const progress = new Progress(`${fault.name}, ${ROUTERS[router].title}`);
    const holdMs = this.line.seconds * 1000;
    try {
      const onProgress = progress.show;
      const result = await this.on(fault, (one) => runRow(one, { fault, router, holdMs, onProgress }));
      onProgress('shutting down');
      const shutdown = router === 'ours' ? await this.on(fault, (one) => shutDown(one, fault)) : undefined;
      progress.clear();
      this.add(fault, router, { ...result, shutdown });
    } catch (cause) {
      progress.clear();
      this.fail(fault, router, cause);
      await this.databases.drop();
    }
  }

  /** The database is as at the start again afterwards. */
  private async on<Result>(
    fault: Fault,
    work: (database: FaultDatabase) => Promise<Result>,
  ): Promise<Result> {
    const result = await work(await this.databases.take());
    await (fault.isLasting ? this.databases.drop() : this.databases.restore());
    return result;
  }

  private add(fault: Fault, router: RouterName, result: RowResult): void {
    console.log(tableRow(result));
    this.rows.push(result);
    if (router === 'ours')
      this.findings.push(...brokenGoals(fault, result).map((goal) => `${fault.name}: ${goal}`));
  }

  /** A row that can't run must not hide the others. */
  private fail({ name }: Fault, router: RouterName, cause: unknown): void {
    const reason = cause instanceof Error ? cause.message : String(cause);
    console.log(failedRow(name, ROUTERS[router].title, reason));
    if (router === 'ours') this.findings.push(`${name}: could not run: ${reason}`);
  }
}
