import { setTimeout as sleepMs } from 'node:timers/promises';
import type { Fault, FaultRun } from './fault.js';

const RESTART_MS = 1000;
/** Between one slave's restart and the next one's, as a careful operator waits. */
const BETWEEN_MS = 2000;

/** What befalls all slaves. */
export const FLEET_FAULTS: readonly Fault[] = [
  {
    name: 'rolling restart of all slaves',
    detectWithinMs: 2000,
    maxOuts: 3,
    run: async ({ database: { slaves, replication }, clock }) => {
      for (const slave of slaves) {
        clock.strike(slave.name);
        await slave.stop();
        await sleepMs(RESTART_MS);
        await slave.start();
        clock.heal(slave.name);
        await replication.caughtUp();
        await sleepMs(BETWEEN_MS);
      }
    },
  },
  {
    name: 'all slaves gone and back',
    detectWithinMs: 2000,
    maxOuts: 3,
    run: allGone,
  },
  {
    name: 'all slaves gone, masterBudget',
    detectWithinMs: 2000,
    maxOuts: 3,
    run: allGone,
    ours: { masterBudget: { perSecond: 50 } },
  },
];

async function allGone({ database: { slaves }, clock, hold }: FaultRun): Promise<void> {
  clock.strike(...slaves.map(({ name }) => name));
  await Promise.all(slaves.map((slave) => slave.kill()));
  await hold();
  for (const slave of slaves) {
    await slave.start();
    clock.heal(slave.name);
  }
}
