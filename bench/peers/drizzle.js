import { eq } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { doublePrecision, integer, pgTable, withReplicas } from 'drizzle-orm/pg-core';
import { accessOf } from './access.js';
import { poolTo } from './pool.js';

export const name = 'Drizzle withReplicas';
export const packages = ['drizzle-orm'];

const posts = pgTable('posts', { id: integer('id').primaryKey(), version: doublePrecision('version') });
const seenPosts = pgTable('seen_posts', {
  id: integer('id').primaryKey(),
  version: doublePrecision('version'),
  port: integer('port'),
});

const drizzleTo = (connection) => drizzle({ client: poolTo(connection) });

const access = (db) =>
  accessOf({
    read: async (id) => (await db.select().from(seenPosts).where(eq(seenPosts.id, id)))[0],
    write: (id, version) => db.update(posts).set({ version }).where(eq(posts.id, id)),
  });

export async function plain(connection) {
  return access(drizzleTo(connection));
}

export async function routed({ master, slaves }) {
  return access(withReplicas(drizzleTo(master), Object.values(slaves).map(drizzleTo)));
}
