import type { PostgresConnection, PostgresServer } from '../../../src/testing/index.js';
import { missingPrograms, startHaproxy, startPgbouncer } from '../../common/proxies.js';
import type { CheckDatabase } from '../check-database.js';
import { Skipped } from '../scenario.js';
import { type Leads, SwitchedHaproxy } from './switched-haproxy.js';

interface Stoppable {
  stop(): Promise<void>;
}

interface Ends {
  readonly master: PostgresConnection;
  readonly reader: PostgresConnection;
}

/** What stands between a row's app and its servers. */
export interface Topology {
  readonly name: string;
  readonly slaves: 2 | 3;
  /** Where its names lead to, while these servers run; `count` counts the switches. */
  readonly leads: (master: PostgresServer, slaves: readonly PostgresServer[], count: number) => Leads;
  /** The addresses that the app is given; what it starts it puts into `started`. */
  readonly between: (haproxy: SwitchedHaproxy, started: Stoppable[]) => Promise<Ends>;
  /** There is one server at a time, so that names can't be wrong. */
  readonly isOneServer?: boolean;
}

const toAll: Topology['leads'] = (master, slaves) => ({ writer: [master], readers: slaves });

async function pooled(
  target: PostgresConnection,
  started: Stoppable[],
  mode?: 'session',
): Promise<PostgresConnection> {
  const pgbouncer = await startPgbouncer(target, mode);
  started.push(pgbouncer);
  return { ...target, port: pgbouncer.port };
}

async function balanced(
  targets: readonly PostgresConnection[],
  started: Stoppable[],
): Promise<PostgresConnection> {
  const haproxy = await startHaproxy(targets);
  started.push(haproxy);
  return { ...targets[0]!, port: haproxy.port };
}

export const TOPOLOGIES: readonly Topology[] = [
  {
    name: 'PgBouncer, transactions',
    slaves: 2,
    leads: toAll,
    between: async (haproxy, started) => ({
      master: await pooled(haproxy.address('writer'), started),
      reader: await pooled(haproxy.address('readers'), started),
    }),
  },
  {
    name: 'PgBouncer, session mode',
    slaves: 2,
    leads: toAll,
    between: async (haproxy, started) => ({
      master: await pooled(haproxy.address('writer'), started, 'session'),
      reader: await pooled(haproxy.address('readers'), started, 'session'),
    }),
  },
  {
    name: 'HAProxy over three',
    slaves: 3,
    leads: toAll,
    between: (haproxy) =>
      Promise.resolve({ master: haproxy.address('writer'), reader: haproxy.address('readers') }),
  },
  {
    name: 'HAProxy over two PgBouncers',
    slaves: 2,
    leads: toAll,
    between: async (haproxy, started) => {
      const readers = haproxy.address('readers');
      const poolers = [await pooled(readers, started), await pooled(readers, started)];
      return {
        master: await pooled(haproxy.address('writer'), started),
        reader: await balanced(poolers, started),
      };
    },
  },
  {
    name: 'a name that moves',
    slaves: 2,
    leads: (master, slaves, count) => ({ writer: [master], readers: [slaves[count % slaves.length]!] }),
    between: (haproxy) =>
      Promise.resolve({ master: haproxy.address('writer'), reader: haproxy.address('readers') }),
  },
  {
    name: 'one server, one PgBouncer',
    slaves: 2,
    isOneServer: true,
    leads: (master) => ({ writer: [master], readers: [] }),
    between: async (haproxy, started) => {
      const both = await pooled(haproxy.address('writer'), started);
      return { master: both, reader: both };
    },
  },
];

/** A topology in front of a database's servers, and the promotions behind it. */
export class RunningTopology {
  private count = 0;

  private constructor(
    private readonly topology: Topology,
    private readonly haproxy: SwitchedHaproxy,
    readonly ends: Ends,
    private readonly started: readonly Stoppable[],
  ) {}

  /** Throws `Skipped` where a program is missing. */
  static async start(topology: Topology, { replication }: CheckDatabase): Promise<RunningTopology> {
    const missing = missingPrograms('haproxy', 'pgbouncer');
    if (missing.length > 0)
      throw new Skipped(`${missing.join(' and ')} missing; apt-get install brings them`);
    const slaves = Object.values(replication.slaves);
    const haproxy = await SwitchedHaproxy.start([replication.master, ...slaves]);
    const started: Stoppable[] = [haproxy];
    try {
      await haproxy.lead(topology.leads(replication.currentMaster, slaves, 0));
      return new RunningTopology(topology, haproxy, await topology.between(haproxy, started), started);
    } catch (cause) {
      await stopAll(started);
      throw cause;
    }
  }

  /** Names lead to who is there now, or move on. */
  async lead(master: PostgresServer, slaves: readonly PostgresServer[]): Promise<void> {
    await this.haproxy.lead(this.topology.leads(master, slaves, ++this.count));
  }

  stop(): Promise<void> {
    return stopAll(this.started);
  }
}

async function stopAll(started: readonly Stoppable[]): Promise<void> {
  for (const one of started.toReversed()) await one.stop();
}
