import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { type CanActivate, Injectable, UseGuards } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import {
  Args,
  Field,
  GraphQLModule,
  GraphQLSchemaHost,
  Int,
  Mutation,
  ObjectType,
  Parent,
  Query,
  ResolveField,
  Resolver,
  Subscription,
} from '@nestjs/graphql';
import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import DataLoader from 'dataloader';
import type { GraphQLObjectType } from 'graphql';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { DatabaseRouting, DatabaseRoutingModule, InjectKnex, type RoutedKnex } from '../../src/index.js';
import type { ReplicatedPostgres } from '../../src/testing/index.js';
import { answeringNode, enginesOf, startReplicatedNodes } from './replicated-nodes.js';
import { type Answer, type RunningApp, startApp } from './running-app.js';

let replication: ReplicatedPostgres;

beforeAll(async () => {
  replication = await startReplicatedNodes();
});

afterAll(() => replication.stop());

@ObjectType()
class Post {
  @Field(() => Int)
  id!: number;

  @Field()
  title!: string;
}

@ObjectType()
class Blog {
  @Field()
  name!: string;
}

/** What its guards have found. */
const guarded: string[] = [];

@Injectable()
class Reading implements CanActivate {
  constructor(@InjectKnex() private readonly knex: RoutedKnex) {}

  async canActivate(): Promise<boolean> {
    guarded.push(await answeringNode(this.knex));
    return true;
  }
}

@Resolver(() => Post)
class Posts {
  /** One for the app is enough here: nothing is kept. */
  private readonly countOf: DataLoader<string, number>;

  constructor(@InjectKnex() private readonly knex: RoutedKnex) {
    this.countOf = new DataLoader(async (titles: readonly string[]) => {
      const rows = await knex('posts').whereIn('title', titles).select('title');
      return titles.map((title) => rows.filter((row: Post) => row.title === title).length);
    }, { cache: false }); // prettier-ignore
  }

  @Query(() => [Post])
  posts() {
    return this.knex('posts').orderBy('id');
  }

  @Query(() => Blog)
  blog() {
    return { name: 'a blog' };
  }

  @Query(() => String)
  @UseGuards(Reading)
  guardedNode() {
    return answeringNode(this.knex);
  }

  @Mutation(() => Post)
  async addPost(@Args('title') title: string) {
    const [post] = await this.knex('posts').insert({ title }).returning(['id', 'title']);
    return post;
  }

  @Subscription(() => Post)
  async *added() {
    yield { added: { id: 1, title: 'a post' } };
  }

  @ResolveField(() => String)
  node() {
    return answeringNode(this.knex); // no parameter: Nest calls it as it is
  }

  @ResolveField(() => Int)
  count(@Parent() { title }: Post) {
    return this.countOf.load(title);
  }
}

@Resolver(() => Blog)
class Blogs {
  constructor(@InjectKnex() private readonly knex: RoutedKnex) {}

  @ResolveField(() => Int)
  async size() {
    return (await this.knex('posts').select()).length;
  }

  @ResolveField(() => Int)
  async newestSize() {
    return (await this.knex('posts').usingEngine('master')).length;
  }
}

type Driver = (enhancers?: ('interceptors' | 'guards')[]) => object;

const apollo: Driver = (fieldResolverEnhancers = []) =>
  GraphQLModule.forRoot<ApolloDriverConfig>({
    driver: ApolloDriver,
    autoSchemaFile: true,
    fieldResolverEnhancers,
    subscriptions: { 'graphql-ws': true },
  });

const mercurius: Driver = (fieldResolverEnhancers = []) =>
  GraphQLModule.forRoot<MercuriusDriverConfig>({
    driver: MercuriusDriver,
    autoSchemaFile: true,
    fieldResolverEnhancers,
    subscription: { fullWsTransport: true },
  });

const DRIVERS: readonly [string, Driver, () => AbstractHttpAdapter][] = [
  ['Apollo on Express', apollo, () => new ExpressAdapter()],
  ['Apollo on Fastify', apollo, () => new FastifyAdapter()],
  ['Mercurius on Fastify', mercurius, () => new FastifyAdapter()],
];

describe.each(DRIVERS)('GraphQL by %s', (_name, driver, createAdapter) => {
  let app: RunningApp;
  let decisions: string[];

  beforeAll(async () => {
    app = await start(driver());
  });

  afterAll(() => app.close());

  async function start(graphql: object): Promise<RunningApp> {
    const running = await startApp(createAdapter, {
      imports: [DatabaseRoutingModule.forRoot(enginesOf(replication)), graphql as never],
      providers: [Posts, Blogs, Reading],
    });
    const routing = running.app.get(DatabaseRouting);
    await routing.ready();
    routing.events.on('decision', ({ engine, reason }) => void decisions.push(`${engine};${reason}`));
    return running;
  }

  beforeEach(async () => {
    await replication.master.query(`TRUNCATE posts RESTART IDENTITY`);
    await replication.master.query(`INSERT INTO posts (title) VALUES ('one'), ('two'), ('two')`);
    await replication.caughtUp();
    decisions = [];
    guarded.length = 0;
  });

  afterEach(() => replication.slave('slave2').resume());

  async function ask(query: string, headers: Record<string, string> = {}, at = app): Promise<Answer> {
    const init = { method: 'POST', body: JSON.stringify({ query }) };
    const answer = await at.get('/graphql', {
      ...init,
      headers: { 'content-type': 'application/json', ...headers },
    });
    expect(answer.body).not.toHaveProperty('errors');
    return answer;
  }

  it('reads fields and DataLoaders on slaves, as their root', async () => {
    const { body } = await ask('{ posts { title node count } }');
    expect(body).toEqual({
      data: {
        posts: [
          { title: 'one', node: 'slave2', count: 1 },
          { title: 'two', node: 'slave2', count: 2 },
          { title: 'two', node: 'slave2', count: 2 },
        ],
      },
    });
    expect(decisions.every((one) => one.startsWith('slave2;'))).toBe(true);
  });

  it('does so where Nest runs interceptors around fields', async () => {
    const enhanced = await start(driver(['interceptors']));
    try {
      await ask('{ posts { node count } }', {}, enhanced);
      expect(decisions.every((one) => one.startsWith('slave2;'))).toBe(true);
    } finally {
      await enhanced.close();
    }
  });

  it('leaves the schema as it was when the app has ended', async () => {
    const other = await start(driver());
    const { schema } = other.app.get(GraphQLSchemaHost, { strict: false });
    const field = (schema.getType('Post') as GraphQLObjectType).getFields()['node']!;
    const inApp = field.resolve;
    await other.close();
    expect(field.resolve).toBeInstanceOf(Function);
    expect(field.resolve).not.toBe(inApp);
  });

  it('keeps each guard without a context, also after another field has begun', async () => {
    await ask('{ posts { node } guardedNode }');
    await ask('{ blog { size } a: guardedNode b: guardedNode }');
    expect(guarded).toEqual(['master', 'master', 'master']);
    expect(decisions.filter((one) => one === 'master;no-context')).toHaveLength(3);
  });

  it('shows an operation its own writes, whatever slaves show', async () => {
    await replication.slave('slave2').pause();
    const { body } = await ask('mutation { addPost(title: "two") { node count } }');
    expect(body).toEqual({ data: { addPost: { node: 'master', count: 3 } } });
  });

  it('runs mutations in order, each with those before', async () => {
    await replication.slave('slave2').pause();
    const { body } = await ask(
      'mutation { a: addPost(title: "x") { count } b: addPost(title: "x") { count } }',
    );
    expect(body).toEqual({ data: { a: { count: 1 }, b: { count: 2 } } });
  });

  it('shows a client no less than a field has shown it before', async () => {
    await replication.slave('slave2').pause();
    await replication.master.query(`INSERT INTO posts (title) VALUES ('three')`);
    const { body, headers } = await ask('{ blog { newestSize } }');
    const cookies = headers.getSetCookie().map((line) => line.split(';')[0]);
    const next = await ask('{ posts { id } }', { cookie: cookies.join('; ') });
    expect([body, next.body]).toEqual([
      { data: { blog: { newestSize: 4 } } },
      { data: { posts: [1, 2, 3, 4].map((id) => ({ id })) } },
    ]);
  });

  it('shows an operation over a socket what earlier ones of that socket did, and what its client had seen', async () => {
    await replication.slave('slave2').pause();
    const { headers } = await ask('mutation { addPost(title: "x") { id } }');
    const cookies = headers.getSetCookie().map((line) => line.split(';')[0]);
    const [one, other] = [connect(cookies.join('; ')), connect()];
    try {
      const before = await one.ask('{ posts { id } }');
      await other.ask('mutation { addPost(title: "y") { count } }');
      const after = [await other.ask('{ posts { id } }'), await other.ask('{ blog { size } }')];
      expect(before).toEqual({ posts: [1, 2, 3, 4].map((id) => ({ id })) });
      expect(after).toEqual([{ posts: [1, 2, 3, 4, 5].map((id) => ({ id })) }, { blog: { size: 5 } }]);
    } finally {
      await one.close();
      await other.close();
    }
  });

  /** A socket that stays open from operation to operation. */
  function connect(cookie = '') {
    class WithCookie extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols, { headers: { cookie } });
      }
    }
    const url = `${app.url.replace('http', 'ws')}/graphql`;
    const client = createClient({ url, webSocketImpl: WithCookie, lazy: false });
    return {
      ask: async (query: string) => {
        for await (const { data } of client.iterate({ query })) return data;
        return undefined;
      },
      close: () => client.dispose(),
    };
  }

  it('serves operations over a socket alike', async () => {
    await replication.slave('slave2').pause();
    const { ask: over, close } = connect();
    try {
      expect(await over('{ posts { node count } }')).toMatchObject({ posts: [{ node: 'slave2' }, {}, {}] });
      expect(await over('mutation { addPost(title: "two") { node count } }')).toEqual({
        addPost: { node: 'master', count: 3 },
      });
      const { added } = (await over('subscription { added { node } }')) as { added: { node: string } };
      expect(added.node).toMatch(/^(slave1|master)$/); // slave2 does not show what this socket wrote
    } finally {
      await close();
    }
  });
});
