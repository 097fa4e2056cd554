import type { DatabaseRoutingOptions } from '../../../src/index.js';
import type { FaultClock } from '../fault-clock.js';
import type { FaultDatabase } from '../fault-database.js';
import type { Recording } from '../load/recording.js';
import type { RouterSession } from '../routers/router-under-fault.js';

export interface FaultRun {
  readonly database: FaultDatabase;
  readonly clock: FaultClock;
  readonly recording: Recording;
  /** Resolves when the fault has lasted long enough, or that part of the time. */
  hold(part?: number): Promise<void>;
  /** For faults that need a load of their own. */
  session(): RouterSession;
}

/** One row of the table, for each router. */
export interface Fault {
  readonly name: string;
  /** How soon our router must send nothing more to an engine that it befell; undefined: it need not notice. */
  readonly detectWithinMs: number | undefined;
  /** How often engines may go out of rotation in all: one that comes and goes flaps. */
  readonly maxOuts: number;
  /** Needs the proxy before slave1. */
  readonly behindProxy?: boolean;
  /** Only about our router, which gets these options besides. */
  readonly ours?: Pick<DatabaseRoutingOptions, 'masterBudget'>;
  /** The replication can't be restored after it. */
  readonly isLasting?: boolean;
  /** Before the router is started. */
  prepare?(database: FaultDatabase): Promise<void>;
  /** Strikes, holds and heals, and tells the clock. */
  run(run: FaultRun): Promise<void>;
  /** How many writes an old master has got since it was replaced. */
  straying?(database: FaultDatabase): Promise<number>;
}

type Change = (database: FaultDatabase) => unknown;

/** A fault that befalls slave1 by one call and goes by another. */
export function onVictim(name: string, strike: Change, heal: Change, more: Partial<Fault> = {}): Fault {
  const run = async ({ database, clock, hold }: FaultRun) => {
    clock.strike(database.victim.name);
    await strike(database);
    await hold();
    await heal(database);
    clock.heal(database.victim.name);
  };
  return { name, detectWithinMs: 2000, maxOuts: 1, run, ...more };
}
