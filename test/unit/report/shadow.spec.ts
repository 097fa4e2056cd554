import { afterEach, describe, expect, it } from '@jest/globals';
import { compose } from '../../../src/create-database-routing.js';
import { OUTSIDE } from '../../../src/composition/outside.js';
import type { DatabaseRouting } from '../../../src/database-routing.js';
import type { DatabaseRoutingOptions } from '../../../src/options/database-routing-options.js';
import { resolveOptions } from '../../../src/options/resolve-options.js';
import type { RoutingReport } from '../../../src/routing/routing-report.js';
import { type RecordedEngines, recordEngines } from '../../../src/testing/index.js';

let routing: DatabaseRouting;
let engines: RecordedEngines;
let warned: string[];
let nowMs = 0;

function create(slaves: number, options: Partial<DatabaseRoutingOptions> = {}) {
  engines = recordEngines({ slaves });
  warned = [];
  const logger = { debug() {}, warn: (line: string) => void warned.push(line) };
  const clock = { ...OUTSIDE.clock, nowMs: () => nowMs };
  routing = compose(resolveOptions({ ...engines.options, logger, mode: 'shadow', ...options }), {
    ...OUTSIDE,
    clock,
  });
  return routing.knex;
}

const reached = () => [...new Set(engines.queries.map(({ engine }) => engine))];
const share = () => `${routing.report().total.moved} of ${routing.report().total.reads}`;

afterEach(() => routing.destroy());

describe.each([0, 1])("mode 'shadow' with %i slaves", (slaves) => {
  it('runs everything on the master, and tells what would move', async () => {
    const knex = create(slaves);
    await routing.run({ name: 'digest' }, async () => {
      await knex('posts').select();
      await knex('posts').select().usingEngine('slave');
      await routing.usingEngine('slave')('posts').select();
      await knex.usingEngine('master', () => knex('posts').select());
      await knex.transaction((trx) => trx('posts').select(), { readOnly: true });
    });
    await knex('posts').select();
    expect(reached()).toEqual(['master']);
    expect(share()).toBe('4 of 6');
    const { handlers, stays } = routing.report();
    expect(handlers.map(({ handler, moved }) => [handler, moved])).toEqual([
      ['digest', 4],
      ['no request, message or job', 0],
    ]);
    expect(stays.map(({ reason }) => reason)).toEqual(['scope', 'no-context']);
  });

  it('lets a write keep later reads of its work, and of work around it, in the report', async () => {
    const knex = create(slaves);
    await routing.run(async () => {
      await knex('posts').select();
      await routing.run(() => knex('posts').insert({ title: 'x' }));
      await knex('posts').select();
    });
    await routing.run(() => knex('posts').select());
    expect(share()).toBe('2 of 3');
    expect(routing.report().stays).toMatchObject([{ reason: 'wrote', reads: 1 }]);
  });

  it('counts a transaction from its commit on, and not one that only reads or is rolled back', async () => {
    const knex = create(slaves);
    const after = async (work: () => Promise<unknown>) =>
      routing.run(async () => {
        await work().catch(() => undefined);
        await knex('after').select();
      });
    await after(() => knex.transaction((trx) => trx('posts').insert({ title: 'x' })));
    await after(() => knex.transaction((trx) => trx('posts').select()));
    await after(() =>
      knex.transaction(async (trx) => {
        await trx('posts').insert({ title: 'x' });
        throw new Error('undone');
      }),
    );
    expect(routing.report().shapes.find(({ shape }) => shape.includes('after'))).toMatchObject({
      reads: 3,
      moved: 2,
    });
  });

  it('neither refuses nor fails what it would with the mode on', async () => {
    const knex = create(slaves, {
      noContext: 'refuse',
      router: ({ tables }) => (tables.includes('odd') ? 'nowhere' : undefined),
    });
    await expect(knex('posts').select()).resolves.toEqual([]);
    await expect(routing.run(() => knex('odd').select())).resolves.toEqual([]);
    expect(reached()).toEqual(['master']);
  });

  it('finds what a piece of work reads and then writes, without a word in the log', async () => {
    const knex = create(slaves);
    await routing.run(async () => {
      await knex('posts').where({ id: 1 }).select();
      await knex('posts').where({ id: 1 }).update({ title: 'x' });
    });
    expect(routing.report().readThenWrites).toEqual([
      {
        kind: 'job',
        table: 'posts',
        shape: expect.stringMatching(/^update/),
        site: expect.stringContaining('shadow.spec.ts'),
      },
    ]);
    expect(warned.filter((line) => line.includes('has read'))).toEqual([]);
  });

  it('samples the file and line that wait for a query', async () => {
    const knex = create(slaves);
    await routing.run(async () => {
      await knex('posts').select();
    });
    expect(routing.report().shapes[0]!.site).toMatch(/shadow\.spec\.ts:\d+:\d+$/);
  });
});

describe('the event report', () => {
  it('comes once a minute while queries run, when shadow mode ends, and not with nobody asking', async () => {
    const knex = create(1);
    const told: RoutingReport[] = [];
    routing.events.on('report', (report) => told.push(report));
    await routing.run(() => knex('posts').select());
    expect(told).toEqual([]);
    nowMs += 61_000;
    await routing.run(() => knex('posts').select());
    await routing.run(() => knex('posts').select());
    expect(told.map(({ total }) => total.reads)).toEqual([2]);
    routing.mode = 'on';
    expect(told.map(({ mode, total }) => [mode, total.reads])).toEqual([
      ['shadow', 2],
      ['shadow', 3],
    ]);
    nowMs += 61_000;
    await routing.run(() => knex('posts').select());
    expect(told).toHaveLength(2);
  });

  it('comes when the set ends', async () => {
    const knex = create(0);
    const told: RoutingReport[] = [];
    routing.events.on('report', (report) => told.push(report));
    await routing.run(() => knex('posts').select());
    await routing.destroy();
    expect(told).toMatchObject([{ total: { reads: 1, moved: 1 } }]);
  });
});

describe("report() in mode 'on'", () => {
  it('counts from its first call on, and anew with each mode', async () => {
    const knex = create(1, { mode: 'on' });
    const read = () => routing.run(() => knex('posts').select());
    await read();
    expect(share()).toBe('0 of 0');
    await read();
    expect(share()).toBe('1 of 1');
    expect(reached()).toEqual(['slave1']);
    routing.mode = 'shadow';
    expect(share()).toBe('0 of 0');
    await read();
    expect(share()).toBe('1 of 1');
    expect(reached()).toEqual(['slave1', 'master']);
  });

  it('tells where a read went, also in a read-only transaction', async () => {
    const knex = create(1, { mode: 'on' });
    routing.report();
    await routing.run(() => knex.transaction((trx) => trx('posts').select(), { readOnly: true }));
    await routing.run(() => knex.transaction((trx) => trx('posts').select()));
    expect(share()).toBe('1 of 2');
    expect(routing.report().stays).toMatchObject([{ reason: 'transaction', reads: 1 }]);
  });
});
