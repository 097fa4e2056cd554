import type { CheckDatabase } from './check-database.js';
import { crashFarFromDisk } from './fault-cycles.js';
import { type NaiveSession, naiveDriver } from './naive/naive.driver.js';
import type { PlainEngines } from './naive/plain-engines.js';
import { PinnedSession } from './naive/pinned.session.js';
import { RandomSession } from './naive/random.session.js';
import { TimerSession } from './naive/timer.session.js';
import type { RouterUnderCheck, Scenario } from './scenario.js';

const ROUTERS: Readonly<Record<string, (engines: PlainEngines) => NaiveSession>> = {
  'all from the master': () => new PinnedSession('master'),
  'random slave': (engines) => new RandomSession(engines),
  '2 s timer': (engines) => new TimerSession(engines, 2),
  '15 s cookie pin': (engines) => new TimerSession(engines, 15),
};

/** Each of 32 clients writes every 8 s or so, as people do, and for longer than a pin: else none would ever run out. */
const PEOPLE = { load: { clients: 32, pauseMs: 50, writeShare: 0.006 }, minSeconds: 40 };

type Condition = Pick<Scenario, 'name' | 'before' | 'faults' | 'load' | 'minSeconds'>;

const CONDITIONS: readonly Condition[] = [
  { name: 'no fault' },
  { name: 'people, apply delay 3 s', before: (database) => database.delay(3000), ...PEOPLE },
];

/** What people have today, on the same servers. */
export const NAIVE_SCENARIOS: readonly Scenario[] = [
  ...Object.entries(ROUTERS).flatMap(([router, session]) =>
    CONDITIONS.map((condition) => scenario(router, session, condition)),
  ),
  scenario('always slave1', () => new PinnedSession('slave1'), {
    name: 'slave1 crashed far from its disk',
    faults: crashFarFromDisk,
  }),
];

function scenario(
  router: string,
  session: (engines: PlainEngines) => NaiveSession,
  condition: Condition,
): Scenario {
  const start = (database: CheckDatabase) => Promise.resolve(naive(database, session));
  return { ...condition, router, isOurs: false, start };
}

function naive({ plain }: CheckDatabase, session: (engines: PlainEngines) => NaiveSession): RouterUnderCheck {
  return { driver: naiveDriver(plain, () => session(plain)), close: () => Promise.resolve() };
}
