import { EntitySchema, MikroORM } from '@mikro-orm/postgresql';
import { accessOf } from './access.js';

export const name = 'MikroORM replicas';
export const packages = ['@mikro-orm/core', '@mikro-orm/postgresql'];

const id = { type: 'integer', primary: true };
const version = { type: 'double' };
const Post = new EntitySchema({ name: 'posts', tableName: 'posts', properties: { id, version } });
const SeenPost = new EntitySchema({
  name: 'seen_posts',
  tableName: 'seen_posts',
  properties: { id, version, port: { type: 'integer' } },
});

const login = ({ host, port, user, password, database }) => ({
  host,
  port,
  user,
  password,
  dbName: database,
});

async function access(options) {
  const orm = await MikroORM.init({
    entities: [Post, SeenPost],
    pool: { min: 0, max: 10 },
    ensureDatabase: false,
    ...options,
  });
  return accessOf({
    read: (key) => orm.em.fork().findOne(SeenPost, { id: key }),
    write: (key, to) => orm.em.fork().nativeUpdate(Post, { id: key }, { version: to }),
  });
}

export async function plain(connection) {
  return access(login(connection));
}

export async function routed({ master, slaves }) {
  return access({ ...login(master), replicas: Object.values(slaves).map(login) });
}
