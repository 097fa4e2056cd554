import { Injectable, NotFoundException } from '@nestjs/common';
import type { Knex } from 'knex';
import { BalancedSession } from 'nestjs-database-routing';
import type { NewPost, Post, PostList, Report } from './post.js';

/** Plain Knex: nothing here says where a query runs. */
@Injectable()
export class PostsService {
  constructor(private readonly db: BalancedSession) {}

  async list(limit: number): Promise<PostList> {
    const query = this.db<Post>('posts').select().orderBy('id', 'desc').limit(limit);
    const engine = engineOf(query);
    const { reason } = this.db.explain(query);
    return { posts: await query, servedBy: `${await engine} (reason: ${reason})` };
  }

  async get(id: number): Promise<Post> {
    const post = await this.db<Post>('posts').where({ id }).first();
    if (!post) throw new NotFoundException(`There is no post ${id}`);
    return post;
  }

  /** The read after the write runs on the master as well: a slave may not have the row yet. */
  async add(post: NewPost): Promise<Post> {
    const [added] = await this.db<Post>('posts').insert(post).returning('id');
    return this.get(added!.id);
  }

  async change(id: number, changes: Partial<NewPost>): Promise<Post> {
    await this.db<Post>('posts').where({ id }).update(changes);
    return this.get(id);
  }

  async remove(id: number): Promise<void> {
    const removed = await this.db<Post>('posts').where({ id }).delete();
    if (removed === 0) throw new NotFoundException(`There is no post ${id}`);
  }

  /** Two queries on one slave, which see the same rows. */
  report(): Promise<Report> {
    return this.db.transaction(
      async (trx) => {
        const count = trx('posts').count({ posts: '*' }).first();
        const engine = engineOf(count);
        const all = await count;
        const authors = await trx<Post>('posts')
          .select('author')
          .count<{ author: string; posts: string }[]>({ posts: '*' })
          .groupBy('author')
          .orderBy([{ column: 'posts', order: 'desc' }, 'author'])
          .limit(10);
        return {
          posts: Number(all?.['posts']),
          authors: authors.map(({ author, posts }) => ({ author, posts: Number(posts) })),
          servedBy: await engine,
        };
      },
      { readOnly: true, isolationLevel: 'repeatable read' },
    );
  }
}

/** The name of the engine that a query is sent to, from Knex's own event. */
function engineOf(query: Knex.QueryBuilder): Promise<string> {
  return new Promise((resolve) => {
    void query.on('query', ({ engine }: { engine: string }) => resolve(engine));
  });
}
