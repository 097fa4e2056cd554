import type { Fault } from '../../src/testing/index.js';
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

/** Each step begins when the one before it has ended, also where that took longer. */
function repeated(everySeconds: number, steps: readonly CycleStep[]): Fault[] {
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
