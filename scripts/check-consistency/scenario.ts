import type { ConsistencyDriver, ConsistencyOptions, Fault } from '../../src/testing/index.js';
import type { CheckDatabase } from './check-database.js';

/** What runs in a row of the table. */
export interface RouterUnderCheck {
  readonly driver: ConsistencyDriver;
  close(): Promise<void>;
}

/** One row of the table. */
export interface Scenario {
  readonly name: string;
  readonly router: string;
  /** Whether anomalies are ours to mend. */
  readonly isOurs: boolean;
  /** Before the router is started; the database is restored after the row. */
  readonly before?: (database: CheckDatabase) => Promise<void>;
  readonly faults?: (database: CheckDatabase) => readonly Fault[];
  /** The database can't be restored after it. */
  readonly isLasting?: boolean;
  /** Its engines' names stand for the same roles after a promotion. */
  readonly rolesStay?: boolean;
  /** Its router is wrong on purpose: a row without anomalies would mean that the check can't find any. */
  readonly mustFind?: boolean;
  /** Where the row must run longer than others. */
  readonly minSeconds?: number;
  readonly load?: Pick<ConsistencyOptions, 'clients' | 'pauseMs' | 'writeShare' | 'registers' | 'lists'>;
  /** Throws `Skipped` where the machine or the package lacks what it takes. */
  start(database: CheckDatabase): Promise<RouterUnderCheck>;
}

export class Skipped extends Error {
  override readonly name = 'Skipped';
}
