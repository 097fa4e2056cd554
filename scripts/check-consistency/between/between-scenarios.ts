import { setTimeout as sleepMs } from 'node:timers/promises';
import { type DatabaseRouting, createDatabaseRouting } from '../../../src/index.js';
import { type Fault, type PostgresSlave, knexDriver } from '../../../src/testing/index.js';
import { mostAdvanced } from '../../common/most-advanced.js';
import type { CheckDatabase } from '../check-database.js';
import { repeated } from '../fault-cycles.js';
import { routingOptions } from '../routing-options.js';
import type { RouterUnderCheck, Scenario } from '../scenario.js';
import { RunningTopology, TOPOLOGIES } from './topologies.js';

/** The fault's name. */
export const PROMOTION = 'promotion';

/** The time from one promotion to the next, where the machine is fast enough. */
const PROMOTED_EVERY_SECONDS = 4;
const DEAD_BEFORE_MS = 300;

/** What was acknowledged is on a slave too, whichever server is the master. */
const NOTHING_IS_LOST = { synchronous_standby_names: 'ANY 1 (*)' };

type Row = Pick<Scenario, 'name' | 'before' | 'faults'> &
  Partial<Pick<Scenario, 'router' | 'isOurs' | 'mustFind'>>;

/** Each topology with slaves as fast as they are, with a second of lag, with one slave that stands, and without the guard. */
export const BETWEEN_SCENARIOS: readonly Scenario[] = TOPOLOGIES.flatMap((topology) => {
  const running = new WeakMap<CheckDatabase, RunningTopology>();
  const of = (database: CheckDatabase) => running.get(database)!;
  const prepared = (lagMs: number) => async (database: CheckDatabase) => {
    for (let n = 3; n <= topology.slaves; n++) await database.replication.attachSlave(`slave${n}`);
    const { master } = database.replication;
    for (const server of [master, ...database.slaves]) await server.configure(NOTHING_IS_LOST);
    running.set(database, await RunningTopology.start(topology, database));
    await database.delay(lagMs);
  };
  const scenario = (row: Row, change: (routing: DatabaseRouting) => void = () => undefined): Scenario => ({
    router: 'ours',
    isOurs: true,
    ...row,
    isLasting: true,
    rolesStay: true,
    start: (database) => startBehind(of(database), change),
  });
  const promotions = (lagMs: number): Row => ({
    name: lagMs === 0 ? topology.name : `${topology.name}, 1 s late`,
    before: prepared(lagMs),
    faults: (database) => switchovers(database, of(database), lagMs),
  });
  const standing: Row = {
    name: `${topology.name}, one stands`,
    before: prepared(0),
    faults: (database) => standAfterASecond(database, of(database)),
  };
  const calm: Row = { name: `${topology.name}, all replay`, before: prepared(0), faults: () => [] };
  const guardOff: Row = { ...standing, router: 'guard off', isOurs: false, mustFind: true };
  return [
    scenario(calm),
    ...[0, 1000].map((lagMs) => scenario(promotions(lagMs))),
    ...(topology.isOneServer ? [] : [scenario(standing), scenario(guardOff, believeTheName)]),
  ];
});

async function startBehind(
  topology: RunningTopology,
  change: (routing: DatabaseRouting) => void,
): Promise<RouterUnderCheck> {
  const { master, reader } = topology.ends;
  const routing = createDatabaseRouting(routingOptions({ master, slaves: { reader } }, {}));
  change(routing);
  await routing.ready();
  const close = async () => {
    await routing.destroy();
    await topology.stop();
  };
  return { driver: knexDriver(routing), close };
}

/** As if a name always led to the one server that was heard of last. */
function believeTheName(routing: DatabaseRouting): void {
  const reader = routing.engines.find('reader')!;
  Object.defineProperty(reader, 'leadsAround', { get: () => false });
  reader.runOf = () => reader.startedAt;
  reader.isPooled = () => false;
}

/** The master dies, a slave takes its place, and the old master comes back as a slave, again and again. */
function switchovers(database: CheckDatabase, topology: RunningTopology, lagMs: number): Fault[] {
  const { replication } = database;
  const promote = async () => {
    const dead = replication.currentMaster;
    await dead.kill();
    await sleepMs(DEAD_BEFORE_MS);
    const slaves = slavesOf(database);
    const promoted = await mostAdvanced(slaves);
    await promoted.promote();
    const left = slaves.filter((slave) => slave !== promoted);
    for (const slave of left) await slave.follow(promoted);
    await topology.lead(promoted, left);
    const back = await replication.rebuild(dead);
    await back.configure(NOTHING_IS_LOST); // it was made from the master's data, without its settings
    await back.delay(lagMs);
    await topology.lead(promoted, slavesOf(database));
  };
  return repeated(PROMOTED_EVERY_SECONDS, [
    { afterSeconds: 1, name: PROMOTION, run: promote },
    {
      afterSeconds: 3,
      name: 'move',
      run: () => topology.lead(replication.currentMaster, slavesOf(database)),
    },
  ]);
}

/** One slave replays nothing more; names that move go on moving. */
function standAfterASecond(database: CheckDatabase, topology: RunningTopology): Fault[] {
  const { replication } = database;
  return [
    { name: 'pause slave1', atSeconds: 1, run: () => database.slave('slave1').pause() },
    ...repeated(1, [
      {
        afterSeconds: 0.5,
        name: 'move',
        run: () => topology.lead(replication.currentMaster, slavesOf(database)),
      },
    ]),
  ];
}

function slavesOf({ slaves, replication }: CheckDatabase): readonly PostgresSlave[] {
  const all = new Set([...slaves, replication.master as PostgresSlave]);
  return [...all].filter((server) => server !== replication.currentMaster && server.isRunning);
}
