import 'reflect-metadata';
import { DataSource, EntitySchema } from 'typeorm';
import { accessOf } from './access.js';

export const name = 'TypeORM replication';
export const packages = ['typeorm'];

const id = { type: 'integer', primary: true };
const version = { type: 'double precision' };
const Post = new EntitySchema({ name: 'posts', tableName: 'posts', columns: { id, version } });
const SeenPost = new EntitySchema({
  name: 'seen_posts',
  tableName: 'seen_posts',
  columns: { id, version, port: { type: 'integer' } },
});

const login = ({ host, port, user, password, database }) => ({
  host,
  port,
  username: user,
  password,
  database,
});

async function access(options) {
  const source = new DataSource({
    type: 'postgres',
    entities: [Post, SeenPost],
    poolSize: 10,
    logging: false,
    installExtensions: false,
    poolErrorHandler: () => undefined,
    ...options,
  });
  await source.initialize();
  const posts = source.getRepository(Post);
  const seenPosts = source.getRepository(SeenPost);
  return accessOf({
    read: (key) => seenPosts.findOneBy({ id: key }),
    write: (key, to) => posts.update({ id: key }, { version: to }),
  });
}

export async function plain(connection) {
  return access(login(connection));
}

export async function routed({ master, slaves }) {
  return access({ replication: { master: login(master), slaves: Object.values(slaves).map(login) } });
}
