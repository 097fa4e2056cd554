import { alternate, median, quartiles } from './alternate.js';
import { DEADLINE_MS } from './deadline.js';
import { serversOf, startReplication } from './replication.js';
import { routerNamed } from './routers/routers.js';

const SCRIPT = new URL('./gain-figure.js', import.meta.url);
const DELAYS_MS = [0, 50, 1_000];
const SECONDS = 4;
const VICTIM = 'slave1';

/** What people get from each router, on the same work and the same servers. */
export async function gain({ rounds, work, routers }) {
  const seconds = SECONDS * work;
  const replication = await startReplication(2);
  const servers = serversOf(replication);
  const victim = replication.slave(VICTIM);
  const back = async (repair) => {
    await repair();
    await replication.caughtUp();
  };
  try {
    const byDelay = new Map();
    for (const delayMs of DELAYS_MS) {
      for (const slave of Object.values(replication.slaves)) await slave.delay(delayMs);
      const title = `gain, apply delay ${delayMs} ms`;
      byDelay.set(delayMs, await alternate(SCRIPT, routers, rounds, { title, servers, seconds }));
    }
    for (const slave of Object.values(replication.slaves)) await slave.delay(0);
    await replication.caughtUp();
    const killed = await alternate(
      SCRIPT,
      routers,
      rounds,
      { title: 'gain, a slave is killed', servers, seconds, fault: 'kill' },
      { kill: () => victim.kill(), after: () => back(() => victim.start()) },
    );
    const frozen = await alternate(
      SCRIPT,
      routers,
      rounds,
      // so long that what waits for ever is seen to
      {
        title: 'gain, a slave is frozen',
        servers,
        seconds: seconds + (DEADLINE_MS / 1_000) * Math.min(1, work * 4),
        fault: 'freeze',
      },
      { freeze: () => victim.freeze(), after: () => back(() => victim.isFrozen && victim.unfreeze()) },
    );
    return {
      tables: [await freshTable(routers, byDelay), await faultTable(routers, killed, frozen)],
      raw: {
        byDelay: Object.fromEntries(
          [...byDelay].map(([delay, figures]) => [delay, Object.fromEntries(figures)]),
        ),
        killed: Object.fromEntries(killed),
        frozen: Object.fromEntries(frozen),
      },
    };
  } finally {
    await replication.stop();
  }
}

async function freshTable(routers, byDelay) {
  const rows = [];
  for (const router of routers) {
    const cells = [...byDelay.values()].flatMap((figures) => {
      const own = figures.get(router);
      return [percent(own, 'onSlaves', 'reads'), percent(own, 'stale', 'ownReads')];
    });
    rows.push([(await routerNamed(router)).name, ...cells]);
  }
  const head = DELAYS_MS.flatMap((delay) => [`on slaves, ${delay} ms`, `stale, ${delay} ms`]);
  return {
    title: 'Reads on slaves, and reads that did not show the own last write, by what slaves are behind',
    head: ['router', ...head],
    rows,
  };
}

async function faultTable(routers, killed, frozen) {
  const rows = [];
  for (const router of routers) {
    const [dead, mute] = [killed.get(router), frozen.get(router)];
    rows.push([
      (await routerNamed(router)).name,
      number(dead, 'failed'),
      ms(dead),
      number(dead, 'perSecond'),
      number(dead, 'crashes'),
      number(mute, 'failed'),
      number(mute, 'unanswered'),
      ms(mute),
      number(mute, 'perSecond'),
    ]);
  }
  const killedHead = [
    'killed: failed',
    'killed: longest',
    'killed: requests a second',
    'killed: uncaught errors',
  ];
  const frozenHead = [
    'frozen: failed',
    `no answer in ${DEADLINE_MS / 1_000} s`,
    'longest',
    'requests a second',
  ];
  return {
    title:
      'Requests of 8 people, half of whom write now and then, while one of two slaves is killed, or frozen (SIGSTOP)',
    head: [
      'router',
      ...killedHead,
      ...frozenHead.map((text) => (text.startsWith('frozen') ? text : `frozen: ${text}`)),
    ],
    rows,
  };
}

function percent(figures, part, whole) {
  const shares = figures.map((figure) => (figure[whole] ? (figure[part] / figure[whole]) * 100 : 0));
  return `${median(shares).toFixed(1)} % ± ${quartiles(shares).toFixed(1)}`;
}

function number(figures, key) {
  const own = figures.map((figure) => figure[key]);
  return `${median(own).toFixed(0)} ± ${quartiles(own).toFixed(0)}`;
}

function ms(figures) {
  return `${median(figures.map(({ longestMs }) => longestMs)).toFixed(0)} ms`;
}
