import type { Fault, FaultProxy, PostgresSlave } from '../../src/testing/index.js';
import { mostAdvanced } from '../common/most-advanced.js';
import type { CheckDatabase } from './check-database.js';

interface CycleStep {
  readonly afterSeconds: number;
  readonly name: string;
  run(): unknown;
}

/** Longer than anybody waits. */
const CYCLES_FOR_SECONDS = 3600;

export function pauseAndResume(database: CheckDatabase): Fault[] {
  const [slave1, slave2] = [database.slave('slave1'), database.slave('slave2')];
  return repeated(5, [
    { afterSeconds: 1, name: 'pause slave1', run: () => slave1.pause() },
    { afterSeconds: 2, name: 'pause slave2', run: () => slave2.pause() },
    { afterSeconds: 3, name: 'resume slave1', run: () => slave1.resume() },
    { afterSeconds: 4, name: 'resume slave2', run: () => slave2.resume() },
  ]);
}

export function killAndRestart(database: CheckDatabase): Fault[] {
  return repeated(6, [
    { afterSeconds: 1, name: 'kill slave1', run: () => database.slave('slave1').kill() },
    { afterSeconds: 2, name: 'start slave1', run: () => database.slave('slave1').start() },
    { afterSeconds: 4, name: 'kill slave2', run: () => database.slave('slave2').kill() },
    { afterSeconds: 4.1, name: 'start slave2', run: () => database.slave('slave2').start() },
  ]);
}

/** After a crash a slave serves again before it has replayed what it had shown before the crash. */
export function crashFarFromDisk(database: CheckDatabase): Fault[] {
  return repeated(6, [
    { afterSeconds: 0.5, name: 'fill the log', run: () => database.fillLog() },
    { afterSeconds: 3, name: 'kill slave1', run: () => database.slave('slave1').kill() },
    { afterSeconds: 3.5, name: 'start slave1', run: () => database.slave('slave1').start() },
  ]);
}

export function changingDelays(database: CheckDatabase): Fault[] {
  const delays = [
    { slave: 'slave1', ms: 200 },
    { slave: 'slave2', ms: 5 },
    { slave: 'slave1', ms: 0 },
    { slave: 'slave2', ms: 2000 },
    { slave: 'slave1', ms: 50 },
    { slave: 'slave2', ms: 0 },
  ];
  const steps = delays.map(({ slave, ms }, index) => ({
    afterSeconds: 0.5 + index * 0.5,
    name: `delay ${slave} by ${ms} ms`,
    run: () => database.slave(slave).delay(ms),
  }));
  return repeated(3.5, steps);
}

/** Their sockets stay open, and nothing answers. */
export function freezeAndThaw(database: CheckDatabase): Fault[] {
  const [slave1, slave2] = [database.slave('slave1'), database.slave('slave2')];
  return repeated(7, [
    { afterSeconds: 1, name: 'freeze slave1', run: () => slave1.freeze() },
    { afterSeconds: 3, name: 'thaw slave1', run: () => slave1.unfreeze() },
    { afterSeconds: 4, name: 'freeze slave2', run: () => slave2.freeze() },
    { afterSeconds: 6, name: 'thaw slave2', run: () => slave2.unfreeze() },
  ]);
}

/** Accepting connections one time, and not accepting them the next. */
export function blackHoles({ proxy }: CheckDatabase): Fault[] {
  return [
    ...throughProxy(proxy, 0, 'black hole', () => proxy.blackHole()),
    ...throughProxy(proxy, 5, 'black hole, not accepting', () => proxy.blackHole({ accepts: false })),
  ];
}

export function latency({ proxy }: CheckDatabase): Fault[] {
  return throughProxy(proxy, 0, '+500 ms', () => (proxy.latencyMs = 500));
}

/** Slaves that don't wait end the queries that read what the master takes away. */
export function recoveryConflicts({ replication: { master } }: CheckDatabase): Fault[] {
  const lockAgainAndAgain = `DO $$ BEGIN
    FOR i IN 1..40 LOOP
      LOCK TABLE consistency_registers, consistency_items IN ACCESS EXCLUSIVE MODE;
      COMMIT;
      PERFORM pg_sleep(0.005);
    END LOOP;
  END $$`;
  const conflict = () => master.query(lockAgainAndAgain);
  return repeated(0.5, [{ afterSeconds: 0.5, name: 'conflict', run: conflict }]);
}

export function rollingRestart(database: CheckDatabase): Fault[] {
  return repeated(
    6,
    ['slave1', 'slave2'].flatMap((name, index) => [
      { afterSeconds: 1 + index * 3, name: `stop ${name}`, run: () => database.slave(name).stop() },
      { afterSeconds: 2 + index * 3, name: `start ${name}`, run: () => database.slave(name).start() },
    ]),
  );
}

export function allGoneAndBack({ slaves }: CheckDatabase): Fault[] {
  return repeated(6, [
    { afterSeconds: 1, name: 'kill all slaves', run: () => Promise.all(slaves.map((slave) => slave.kill())) },
    {
      afterSeconds: 3,
      name: 'start all slaves',
      run: () => Promise.all(slaves.map((slave) => slave.start())),
    },
  ]);
}

/** The master dies, and a second later a slave takes its place. */
export function promotion({ replication, slaves }: CheckDatabase): Fault[] {
  return [
    { name: 'kill the master', atSeconds: 2, run: () => replication.master.kill() },
    { name: 'promote a slave', atSeconds: 3, run: () => promoteOneOf(slaves) },
  ];
}

/** The same, and the old master is back alone: it does not know, waits for no slave, and would take any write. */
export function promotionAndReturn(database: CheckDatabase): Fault[] {
  const { master } = database.replication;
  const comeBack = async () => {
    await master.start();
    await master.configure({ synchronous_standby_names: null });
  };
  return [...promotion(database), { name: 'start the old master', atSeconds: 5, run: comeBack }];
}

async function promoteOneOf(slaves: readonly PostgresSlave[]): Promise<void> {
  const promoted = await mostAdvanced(slaves);
  await promoted.promote();
  for (const slave of slaves) if (slave !== promoted) await slave.follow(promoted);
}

/** For two and a half seconds out of ten. */
function throughProxy(proxy: FaultProxy, afterSeconds: number, name: string, strike: () => unknown): Fault[] {
  return repeated(10, [
    { afterSeconds: afterSeconds + 1, name, run: strike },
    { afterSeconds: afterSeconds + 3.5, name: `no ${name}`, run: () => proxy.heal() },
  ]);
}

/** Each step begins when the one before it has ended, also where that took longer. */
export function repeated(everySeconds: number, steps: readonly CycleStep[]): Fault[] {
  let last: Promise<unknown> = Promise.resolve();
  const cycles = Array.from({ length: Math.floor(CYCLES_FOR_SECONDS / everySeconds) }, (_, index) => index);
  return cycles.flatMap((cycle) =>
    steps.map(({ afterSeconds, name, run }) => ({
      name,
      atSeconds: cycle * everySeconds + afterSeconds,
      run: () => (last = last.then(run)),
    })),
  );
}
