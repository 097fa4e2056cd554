import type { ModulesContainer } from '@nestjs/core';
import { describe, expect, it } from '@jest/globals';
import { openContext } from '../../../src/context/context.js';
import { runInContext } from '../../../src/context/context-storage.js';
import type { DatabaseRouting } from '../../../src/database-routing.js';
import { QueueBookmarks } from '../../../src/nest/queue-bookmarks.js';

/** Gives back what it is given. */
const newQueue = () => ({
  add: async (...args: unknown[]): Promise<unknown> => args,
  addBulk: async (jobs: unknown): Promise<unknown> => jobs,
});

function bind(token: unknown, queue: unknown, parts: Partial<DatabaseRouting>[]): void {
  const providers = new Map([[token, { instance: queue }]]);
  const modules = new Map([['a module', { providers }], ['importing', { providers }]]); // prettier-ignore
  for (const routing of parts)
    new QueueBookmarks(routing as DatabaseRouting, modules as unknown as ModulesContainer).onModuleInit();
}

const byPosition = (name: string): Partial<DatabaseRouting> => ({
  name,
  carrier: { isByTime: false } as DatabaseRouting['carrier'],
  bookmark: async () => `seen ${name}`,
});

const inJob = <Result>(set: string, work: () => Result) =>
  runInContext(set, openContext('job', { balanced: true }), work);

describe('jobs that are added to a queue', () => {
  it('carry the bookmarks of all sets that the adder has seen, beside other options', async () => {
    const queue = newQueue();
    bind('BullQueue_posts', queue, [byPosition('one'), byPosition('other')]);
    const added = await inJob('one', () => queue.add('name', { data: 1 }, { delay: 5 }));
    const both = await inJob('one', () => inJob('other', () => queue.addBulk([{ name: 'x' }])));
    expect([added, both]).toEqual([
      ['name', { data: 1 }, { delay: 5, databaseBookmarks: { one: 'seen one' } }],
      [{ name: 'x', opts: { databaseBookmarks: { one: 'seen one', other: 'seen other' } } }],
    ]);
  });

  it('carry pins where what clients have seen is kept by time', async () => {
    const queue = newQueue();
    const carrier = { isByTime: true, tell: () => 'a pin' } as unknown as DatabaseRouting['carrier'];
    bind('BullQueue_posts', queue, [{ name: 'one', carrier }]);
    expect(await inJob('one', () => queue.add('name', 1))).toEqual([
      'name',
      1,
      { databaseBookmarks: { one: 'a pin' } },
    ]);
  });

  it('carry none where nobody is, where they are repeated, and where nothing is carried', async () => {
    const [queue, other] = [newQueue(), newQueue()];
    bind('BullQueue_posts', queue, [byPosition('one')]);
    bind('BullQueue_posts', other, [{ name: 'one' }]);
    const added = [
      await queue.add('name', 1),
      await inJob('one', () => queue.add('name', 1, { repeat: { every: 5 } })),
      await inJob('one', () => other.add('name', 1)),
    ];
    expect(added).toEqual([['name', 1, {}], ['name', 1, { repeat: { every: 5 } }], ['name', 1]]); // prettier-ignore
  });

  it('carry it through a whole flow', async () => {
    const flows = newQueue();
    bind('BullFlowProducer_flows', flows, [byPosition('one')]);
    const flow = { name: 'parent', children: [{ name: 'child', children: [{ name: 'grandchild' }] }] };
    const opts = { databaseBookmarks: { one: 'seen one' } };
    const children = [{ name: 'child', opts, children: [{ name: 'grandchild', opts }] }];
    const expected = { name: 'parent', opts, children };
    expect(await inJob('one', () => flows.add(flow))).toEqual([expected, undefined]);
    expect(await inJob('one', () => flows.addBulk([flow]))).toEqual([expected]);
  });

  it('are left alone in what is no queue of @nestjs/bullmq', async () => {
    const [queue, other] = [newQueue(), newQueue()];
    bind('Queue', queue, [byPosition('one')]);
    bind(Symbol('BullQueue_posts'), other, [byPosition('one')]);
    expect(await inJob('one', () => queue.add('name', 1))).toEqual(['name', 1]);
    expect(await inJob('one', () => other.add('name', 1))).toEqual(['name', 1]);
  });
});
