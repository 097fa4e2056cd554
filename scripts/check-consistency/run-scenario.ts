import {
  checkConsistency,
  type ConsistencyOptions,
  type ConsistencyProgress,
} from '../../src/testing/index.js';
import type { Databases } from '../common/databases.js';
import type { CheckDatabase } from './check-database.js';
import type { Result } from './results-table.js';
import { type Scenario, Skipped } from './scenario.js';

/** The load of rows that say nothing else. Few clients ask again the sooner, which is when slaves are behind. */
const LOAD = { clients: 4, writeShare: 0.05 };

/** Runs one row. A row that fails must not hide the others: rejects only where there is no database. */
export async function runScenario(
  scenario: Scenario,
  databases: Databases<CheckDatabase>,
  seconds: number,
  onProgress: (progress: ConsistencyProgress) => void,
): Promise<Result> {
  const database = await databases.take();
  try {
    return { scenario, kind: 'ran', report: await run(scenario, database, { seconds, onProgress }) };
  } catch (cause) {
    const kind = cause instanceof Skipped ? 'skipped' : 'failed';
    return { scenario, kind, reason: cause instanceof Error ? cause.message : String(cause) };
  } finally {
    await (scenario.isLasting ? databases.drop() : databases.restore());
  }
}

async function run(
  scenario: Scenario,
  database: CheckDatabase,
  options: Pick<ConsistencyOptions, 'seconds' | 'onProgress'>,
) {
  await scenario.before?.(database);
  const { driver, close } = await scenario.start(database);
  try {
    const faults = scenario.faults?.(database) ?? [];
    return await checkConsistency({
      ...LOAD,
      ...scenario.load,
      ...options,
      driver,
      faults,
      examplesPerKind: 1,
    });
  } finally {
    await close();
  }
}
