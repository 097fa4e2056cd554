import { AsyncResource } from 'node:async_hooks';
import { Controller, Post } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  DatabaseRouting,
  DatabaseRoutingModule,
  InjectKnex,
  type RoutedKnex,
  createDatabaseRouting,
} from '../../src/index.js';
import type { ReplicatedPostgres } from '../../src/testing/index.js';
import { eventually } from '../integration/testing/eventually.js';
import { answeringNode, enginesOf, startReplicatedNodes, writePost } from './replicated-nodes.js';
import { HTTP_ADAPTERS, startApp } from './running-app.js';

let nodes: ReplicatedPostgres;

beforeAll(async () => (nodes = await startReplicatedNodes()));
afterAll(() => nodes.stop());

/** What was started in a piece of work that wrote, and is asked for later. */
interface Poller {
  read(): Promise<string>;
  write(): Promise<void>;
  titles(): Promise<string[]>;
}

const pollers: Poller[] = [];

/** As a timer would, it keeps the context that it was started in. */
function startPoller(knex: RoutedKnex): void {
  pollers.push({
    read: AsyncResource.bind(() => answeringNode(knex)),
    write: AsyncResource.bind(() => writePost(knex, 'by the poller')),
    titles: AsyncResource.bind(async () =>
      (await knex<{ title: string }>('posts').select('title')).map(({ title }) => title),
    ),
  });
}

@Controller('posts')
class PostsController {
  constructor(@InjectKnex() private readonly knex: RoutedKnex) {}

  @Post()
  async add() {
    await writePost(this.knex, 'by the request');
    startPoller(this.knex);
    return { during: await answeringNode(this.knex) };
  }
}

/** It reads on a slave that shows what was written before, by the work that started it and by itself. */
async function expectByPosition(poller: Poller): Promise<void> {
  await eventually(async () => expect(await poller.read()).toMatch(/^slave/));
  for (let times = 1; times <= 3; times++) {
    await poller.write();
    const titles = await poller.titles();
    expect(titles.filter((title) => title === 'by the poller').length).toBeGreaterThanOrEqual(times);
    expect(titles).toContain('by the request');
    expect(await poller.read()).toMatch(/^slave/);
  }
}

describe.each(HTTP_ADAPTERS)('a poller that a request has started which wrote, on %s', (_name, adapter) => {
  it('reads by the position of what was written once the response is closed', async () => {
    await nodes.master.query('TRUNCATE posts');
    const running = await startApp(adapter, {
      imports: [DatabaseRoutingModule.forRoot(enginesOf(nodes))],
      controllers: [PostsController],
    });
    await running.app.get(DatabaseRouting).asked();
    expect((await running.post('/posts')).body).toEqual({ during: 'master' });
    await expectByPosition(pollers.at(-1)!);
    await running.close();
  });
});

describe('a poller that a job has started which wrote', () => {
  it('reads on the master until the job has ended, and by position then', async () => {
    await nodes.master.query('TRUNCATE posts');
    const routing = createDatabaseRouting(enginesOf(nodes));
    await routing.asked();
    await routing.run(async () => {
      await writePost(routing.knex, 'by the request');
      startPoller(routing.knex);
      expect(await pollers.at(-1)!.read()).toBe('master');
    });
    await expectByPosition(pollers.at(-1)!);
    await routing.destroy();
  });
});
