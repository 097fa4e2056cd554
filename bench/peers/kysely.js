import { Kysely, PostgresDialect } from 'kysely';
import { KyselyReplicationDialect } from 'kysely-replication';
import { RandomReplicaStrategy } from 'kysely-replication/strategy/random';
import { accessOf } from './access.js';
import { poolTo } from './pool.js';

export const name = 'kysely-replication';
export const packages = ['kysely', 'kysely-replication'];

const dialectTo = (connection) => new PostgresDialect({ pool: poolTo(connection) });

const access = (db) =>
  accessOf({
    read: (id) => db.selectFrom('seen_posts').selectAll().where('id', '=', id).executeTakeFirst(),
    write: (id, version) => db.updateTable('posts').set({ version }).where('id', '=', id).execute(),
  });

export async function plain(connection) {
  return access(new Kysely({ dialect: dialectTo(connection) }));
}

export async function routed({ master, slaves }) {
  const dialect = new KyselyReplicationDialect({
    primaryDialect: dialectTo(master),
    replicaDialects: Object.values(slaves).map(dialectTo),
    replicaStrategy: new RandomReplicaStrategy({}),
  });
  return access(new Kysely({ dialect }));
}
