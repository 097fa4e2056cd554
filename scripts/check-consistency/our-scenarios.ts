import { type BookmarkOptions, createDatabaseRouting } from '../../src/index.js';
import { httpDriver, knexDriver } from '../../src/testing/index.js';
import type { Servers } from '../common/servers.js';
import { AppProcesses } from './app/app-processes.js';
import type { CheckDatabase } from './check-database.js';
import {
  allGoneAndBack,
  blackHoles,
  changingDelays,
  crashFarFromDisk,
  freezeAndThaw,
  killAndRestart,
  latency,
  pauseAndResume,
  promotion,
  promotionAndReturn,
  recoveryConflicts,
  rollingRestart,
} from './fault-cycles.js';
import { routingOptions } from './routing-options.js';
import { RedisServer } from './redis-server.js';
import type { RouterUnderCheck, Scenario } from './scenario.js';

type Ours = Omit<Scenario, 'isOurs' | 'router' | 'start'> & Partial<Pick<Scenario, 'start' | 'router'>>;

/** As an app with a steady load on a machine that is not at its end. */
const STEADY = { clients: 32, pauseMs: 15 };
const PROCESSES = 4;

/** It is over after so many seconds, and the load goes on for a while. */
const PROMOTION = {
  before: (database: CheckDatabase) => database.synchronous(),
  isLasting: true,
  minSeconds: 8,
};

export const OUR_SCENARIOS: readonly Scenario[] = [
  ours({ name: 'no fault' }),
  ours({ name: 'slaves paused and resumed', faults: pauseAndResume }),
  ...[50, 1000, 10_000].map((ms) =>
    ours({ name: `apply delay ${ms} ms`, before: (database) => database.delay(ms) }),
  ),
  ours({
    name: 'apply delay 10 s on slave2 only',
    before: (database) => database.slave('slave2').delay(10_000),
  }),
  ours({ name: 'apply delay changing', faults: changingDelays }),
  ours({ name: 'synchronous_commit off', before: (database) => database.commit('off') }),
  ours({ name: 'synchronous_commit on', before: (database) => database.commit('on') }),
  ours({ name: 'remote_apply on slave1', before: (database) => database.commit('remote_apply', ['slave1']) }),
  ours({ name: 'remote_apply, slave2 50 ms late', before: seenOnSlavesFirst }),
  ours({ name: 'slaves killed and restarted', faults: killAndRestart }),
  ours({ name: 'slave1 crashed far from its disk', faults: crashFarFromDisk }),
  ours({ name: 'slaves frozen and thawed', faults: freezeAndThaw }),
  ours({ name: 'black hole before slave1', faults: blackHoles, start: behindProxy }),
  ours({ name: 'latency +500 ms on slave1', faults: latency, start: behindProxy }),
  ours({ name: 'recovery conflicts', before: (database) => database.neverWait(), faults: recoveryConflicts }),
  ours({ name: 'rolling restart of the slaves', faults: rollingRestart }),
  ours({ name: 'all slaves gone and back', faults: allGoneAndBack }),
  ours({ name: 'promotion, old master dead', ...PROMOTION, faults: promotion }),
  ours({ name: 'promotion, old master comes back', ...PROMOTION, faults: promotionAndReturn }),
  ours({ name: `${PROCESSES} processes, cookies`, start: (database) => processes(database) }),
  ours({
    name: `${PROCESSES} processes, cookies, faults`,
    faults: pauseAndResume,
    start: (database) => processes(database),
  }),
  ours({ name: `${PROCESSES} processes, Redis store`, start: processesWithRedis }),
  ...[0, 20, 100].map((waitMs) =>
    ours({
      name: 'steady load',
      router: `ours, waitMs ${waitMs}`,
      load: STEADY,
      start: (database) => inProcess(database, { waitMs }),
    }),
  ),
];

/** Slave1 shows a commit long before the master does: going from one to the other goes back in time. */
async function seenOnSlavesFirst(database: CheckDatabase): Promise<void> {
  await database.commit('remote_apply', ['slave1', 'slave2']);
  await database.slave('slave2').delay(50);
}

function ours(scenario: Ours): Scenario {
  return { router: 'ours', isOurs: true, start: (database) => inProcess(database, {}), ...scenario };
}

function inProcess({ servers }: CheckDatabase, bookmark: BookmarkOptions): Promise<RouterUnderCheck> {
  return startOn(servers, bookmark);
}

function behindProxy({ serversBehindProxy }: CheckDatabase): Promise<RouterUnderCheck> {
  return startOn(serversBehindProxy, {});
}

async function startOn(servers: Servers, bookmark: BookmarkOptions): Promise<RouterUnderCheck> {
  const routing = createDatabaseRouting(routingOptions(servers, bookmark));
  await routing.ready();
  return { driver: knexDriver(routing), close: () => routing.destroy() };
}

async function processes({ servers }: CheckDatabase, redisUrl?: string): Promise<RouterUnderCheck> {
  const apps = await AppProcesses.start(PROCESSES, { servers, redisUrl });
  const headers = (client: number) => ({ 'x-user': `user${client}` });
  return { driver: httpDriver({ url: apps.urls, headers }), close: () => apps.stop() };
}

async function processesWithRedis(database: CheckDatabase): Promise<RouterUnderCheck> {
  const redis = await RedisServer.start();
  try {
    const { driver, close } = await processes(database, redis.url);
    return { driver, close: () => close().then(() => redis.stop()) };
  } catch (cause) {
    await redis.stop();
    throw cause;
  }
}
