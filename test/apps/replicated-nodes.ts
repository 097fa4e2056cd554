import type { Knex } from 'knex';
import type { DatabaseRoutingOptions } from '../../src/index.js';
import { UNHURRIED } from '../integration/knex/routing-bench.js';
import { type ReplicatedPostgres, startReplicatedPostgres } from '../../src/testing/index.js';

/** A master and two slaves with a table to write to, and a view of it by which a server says its own name. */
export async function startReplicatedNodes(): Promise<ReplicatedPostgres> {
  const replication = await startReplicatedPostgres({ slaves: 2 });
  await replication.master.query('CREATE TABLE posts (id serial PRIMARY KEY, title text NOT NULL)');
  await replication.master.query(
    `CREATE VIEW node AS SELECT split_part(current_setting('cluster_name'), '.', -1) AS name
       WHERE NOT EXISTS (SELECT FROM posts WHERE id < 0)`,
  );
  // Otherwise the first read of a row on the master marks it as committed, which slaves would have to follow.
  await replication.master.query('VACUUM');
  await replication.caughtUp();
  return replication;
}

/** The server that answers a read made right here, by its own word. */
export async function answeringNode(db: Knex): Promise<string> {
  const { name } = await db<{ name: string }>('node').first().then(existing);
  return name;
}

export async function writePost(db: Knex, title = 'a post'): Promise<void> {
  await db('posts').insert({ title });
}

/** Nobody lags here, but on a busy machine a probe may take a while. */
const PATIENT_MS = 2_000;

/** Balances to slave2 always, so that slave1 answers only where something forces it. */
export function enginesOf(
  { master, slaves }: ReplicatedPostgres,
  more: Partial<DatabaseRoutingOptions> = {},
): DatabaseRoutingOptions {
  return {
    client: 'pg',
    master: { connection: master.connection },
    slaves: {
      slave1: { connection: existing(slaves['slave1']).connection },
      slave2: { connection: existing(slaves['slave2']).connection },
    },
    balancer: { choose: (all) => existing(all.find(({ name }) => name === 'slave2') ?? all[0]) },
    exposeDecisions: true,
    bookmark: { waitMs: PATIENT_MS },
    health: UNHURRIED,
    hedge: false, // on a busy machine a read is late now and then
    ...more,
  };
}

function existing<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('expected a value');
  return value;
}
