import { isIP } from 'node:net';
import type { EngineFacts, ServerFacts } from './facts.js';
import type { ClusterFacts, FindingCode, Rule } from './finding.js';
import { variableOf } from './connect-rules.js';
import { alterSystem } from './remedies.js';

/** The oldest PostgreSQL that is supported; docs/where-it-works.md says the same. */
const OLDEST_VERSION = 13;

/** A rule on a slave and the master, both of which have answered. */
const ofSlave =
  (
    rule: (
      slave: ServerFacts,
      master: ServerFacts,
      engine: EngineFacts,
      cluster: ClusterFacts,
    ) => ReturnType<Rule>,
  ): Rule =>
  (engine, cluster) => {
    const master = cluster.master.server;
    return engine.role === 'slave' && engine.server && master
      ? rule(engine.server, master, engine, cluster)
      : undefined;
  };

const isOtherSystem = (slave: ServerFacts, master: ServerFacts) =>
  slave.system !== null && master.system !== null && slave.system !== master.system;

export const ROLE_RULES: readonly (readonly [FindingCode, Rule])[] = [
  [
    'postgres-too-old',
    ({ server }) =>
      server && server.version < OLDEST_VERSION * 10_000
        ? {
            message: `It is PostgreSQL ${Math.floor(server.version / 10_000)}; ${OLDEST_VERSION} is the oldest that is supported`,
            remedy: 'Upgrade the server: https://www.postgresql.org/docs/current/upgrading.html',
          }
        : undefined,
  ],
  [
    'master-in-recovery',
    ({ role, connections }, { slaves }) => {
      const inRecovery = connections.filter((one) => one.in_recovery).length;
      if (role !== 'master' || inRecovery === 0) return undefined;
      if (inRecovery < connections.length)
        return {
          message: `Its name leads ${inRecovery} of ${connections.length} connections to a slave, where no write can run`,
          remedy:
            'DATABASE_MASTER_URL=<a name that leads to the master alone>  # see docs/what-stands-between.md',
        };
      const writable = slaves.find((slave) => slave.server && !slave.server.in_recovery);
      return {
        message: 'It is in recovery, so it is a slave: no write can run there',
        remedy: writable
          ? `DATABASE_MASTER_URL=<what ${variableOf(writable)} says>  # ${writable.name} takes writes`
          : "DATABASE_MASTER_URL=<the master's>  # or promote this one: SELECT pg_promote();",
      };
    },
  ],
  [
    'other-system',
    ofSlave((slave, master, engine) =>
      isOtherSystem(slave, master)
        ? {
            message: `It belongs to the system ${slave.system}, the master to ${master.system}: it is no copy of the master`,
            remedy: `${variableOf(engine)}=<a slave's of this master>`,
          }
        : undefined,
    ),
  ],
  [
    'other-database',
    ofSlave((slave, master, engine) =>
      slave.database === master.database
        ? undefined
        : {
            message: `It serves the database ${slave.database}, the master ${master.database}`,
            remedy: `${variableOf(engine)}=postgres://…/${master.database}`,
          },
    ),
  ],
  [
    'slave-is-master',
    ofSlave((slave, master, engine) =>
      !slave.in_recovery && slave.run === master.run
        ? {
            message:
              "It leads to the master itself: reads get no other server, and the master's pool is there twice",
            remedy: `${variableOf(engine)}=<a slave's>  # or leave it out until there is one`,
          }
        : undefined,
    ),
  ],
  [
    'writable-slave',
    ofSlave((slave, master, engine) =>
      !slave.in_recovery && slave.run !== master.run && !isOtherSystem(slave, master)
        ? {
            message: 'It is not in recovery: it takes writes of its own, and gets none of the master',
            remedy: `pg_basebackup -h <master> -D <data of ${engine.name}> -R  # makes it a slave again`,
          }
        : undefined,
    ),
  ],
  [
    'slave-of-slave',
    ofSlave((slave, master, engine, cluster) => {
      const between = cluster.slaves.find(
        (other) =>
          other !== engine &&
          other.server?.in_recovery &&
          sends(other, slave) === 'yes' &&
          other.server.run !== slave.run,
      );
      const isKnown = between && sends(cluster.master, slave) === 'no';
      if (!isKnown && !isUnknownToMaster(slave, master)) return undefined;
      const name = isKnown ? between.name : `${slave.sender_host ?? 'a server'}:${slave.sender_port ?? ''}`;
      return {
        message: `It streams from ${name}, not from the master: it is late by both, and gets nothing while ${name} is away`,
        remedy: alterSystem('primary_conninfo', "'host=<master> …'"),
      };
    }),
  ],
  [
    'balanced',
    ({ name, connections }) => {
      const runs = new Set(connections.map(({ run }) => run)).size;
      return runs < 2
        ? undefined
        : {
            message: `Its name leads ${connections.length} connections to ${runs} servers: each read proves what it shows`,
            remedy: `Nothing to do; names of their own for the servers of ${name} cost less. See docs/what-stands-between.md`,
          };
    },
  ],
  [
    'pooled',
    ({ role, connections }) =>
      connections.some(({ isPooled }) => isPooled)
        ? {
            message:
              role === 'master'
                ? 'A pooler stands before it: what is meant for the master proves that it runs there'
                : 'A pooler stands before it: each read proves what it shows, and it is never made the master',
            remedy: 'Nothing to do; see docs/what-stands-between.md',
          }
        : undefined,
  ],
  [
    'no-slaves',
    ({ role }, { slaves }) =>
      role === 'master' && slaves.length === 0
        ? {
            message: 'There are no slaves: reads and writes run on the master',
            remedy: 'DATABASE_SLAVES_SLAVE1_URL=postgres://USER:PASSWORD@HOST:PORT/DATABASE',
          }
        : undefined,
  ],
];

/** The master sends to others, and to none of this slave's name. Slaves that share a name, as PostgreSQL's default, are not told apart. */
function isUnknownToMaster(slave: ServerFacts, master: ServerFacts): boolean {
  const { senders } = master;
  return (
    !master.in_recovery &&
    master.sees_statistics === true &&
    slave.is_receiving === true &&
    slave.receiver_name !== null &&
    !isOtherSystem(slave, master) &&
    senders !== null &&
    !senders.includes(slave.receiver_name)
  );
}

/** Whether a slave streams from a server, as far as hosts and ports tell: a name and an address can't be compared. */
function sends(
  { address, server }: EngineFacts,
  { sender_host, sender_port }: ServerFacts,
): 'yes' | 'no' | 'unknown' {
  if (sender_port === null || !server || server.port === null) return 'unknown';
  if (sender_port !== server.port) return 'no';
  const host = address.slice(0, address.lastIndexOf(':'));
  if (sender_host === null) return 'unknown';
  if (sender_host === host || (isHere(sender_host) && isHere(host))) return 'yes';
  return (isIP(sender_host) === 0) === (isIP(host) === 0) ? 'no' : 'unknown';
}

function isHere(host: string): boolean {
  return host === 'localhost' || host === '127.0.0.1' || host === '::1' || host.startsWith('/');
}
