import { setTimeout as sleepMs } from 'node:timers/promises';
import type { PostgresServer } from '../../../src/testing/index.js';
import { mostAdvanced } from '../../common/most-advanced.js';
import type { FaultDatabase } from '../fault-database.js';
import { countSentAfter } from '../load/sent-value.js';
import type { Fault, FaultRun } from './fault.js';

/** How long it takes until somebody decides to promote. */
const OPERATOR_MS = 1000;
const MASTER = 'master';

const COMMON = {
  detectWithinMs: 2000,
  // The master once; and each slave may be out while it changes sides.
  maxOuts: 4,
  isLasting: true,
  prepare: ({ replication }: FaultDatabase) =>
    replication.master.configure({ synchronous_standby_names: 'ANY 1 (slave1, slave2, slave3)' }),
};

/** The master dies and a slave takes its place. What was acknowledged is on that slave, so nothing may be missing. */
export const PROMOTION_FAULTS: readonly Fault[] = [
  {
    ...COMMON,
    name: 'promotion, old master dead',
    run: async (run) => {
      await replaceMaster(run);
      await run.hold();
    },
  },
  comesBackAlone(),
  {
    ...COMMON,
    name: 'promotion, old master a slave',
    run: async (run) => {
      const { replication } = run.database;
      await replaceMaster(run);
      await run.hold(0.5);
      await replication.rebuild(replication.master);
      run.clock.heal(MASTER);
      await run.hold();
    },
    straying: ({ replication }) => countRefused(replication.master),
  },
];

/** A slave refuses writes, and its log tells of them. */
async function countRefused(server: PostgresServer): Promise<number> {
  return (await server.log()).match(/ERROR: {2}cannot execute .* in a read-only transaction/g)?.length ?? 0;
}

/** It does not know that it was replaced, waits for no slave, and would take any write. */
function comesBackAlone(): Fault {
  let killedMs = Infinity;
  return {
    ...COMMON,
    name: 'promotion, old master comes back',
    run: async (run) => {
      const { master } = run.database.replication;
      killedMs = await replaceMaster(run);
      await run.hold(0.5);
      await master.start();
      await master.configure({ synchronous_standby_names: null });
      await run.hold();
    },
    straying: ({ replication }) => countSentAfter(replication.master, killedMs),
  };
}

/** Returns when the old master was dead, in ms of `Date.now()`. */
async function replaceMaster({ database, clock }: FaultRun): Promise<number> {
  const { replication, slaves } = database;
  clock.strike(MASTER);
  await replication.master.kill();
  const killedMs = Date.now();
  await sleepMs(OPERATOR_MS);
  const promoted = await mostAdvanced(slaves);
  await promoted.promote();
  clock.promote(promoted.name);
  for (const slave of slaves) if (slave !== promoted) await slave.follow(promoted);
  return killedMs;
}
