import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabaseRouting } from '../../../src/create-database-routing.js';
import type { DatabaseRoutingOptions } from '../../../src/options/database-routing-options.js';
import type { RoutingReport } from '../../../src/routing/routing-report.js';
import { type ReplicatedPostgres, startReplicatedPostgres } from '../../../src/testing/index.js';
import { UNHURRIED } from '../knex/routing-bench.js';
import { TABLES, runApi, runJobs } from './workloads.js';

/** On a busy machine a slave may take long to show a write. */
const PATIENT_MS = 10_000;

let db: ReplicatedPostgres;

beforeAll(async () => {
  db = await startReplicatedPostgres({ slaves: 1 });
  for (const sql of TABLES) await db.master.query(sql);
  await db.master.query("INSERT INTO posts (title) SELECT 'title ' || n FROM generate_series(1, 20) n");
  await db.master.query("INSERT INTO tags (name) VALUES ('one'), ('other')");
  await db.master.query('VACUUM');
  await db.caughtUp();
});

afterAll(() => db?.stop());

function optionsOf(mode: 'on' | 'shadow', slaves: boolean): DatabaseRoutingOptions {
  const [slave] = Object.values(db.slaves);
  return {
    client: 'pg',
    mode,
    master: { connection: db.master.connection },
    ...(slaves && { slaves: { slave1: { connection: slave!.connection } } }),
    bookmark: { waitMs: PATIENT_MS },
    health: UNHURRIED,
    hedge: false,
  };
}

async function jobs(options: DatabaseRoutingOptions, reads?: number): Promise<RoutingReport> {
  const routing = createDatabaseRouting(options);
  try {
    return await runJobs(routing, reads);
  } finally {
    await routing.destroy();
  }
}

/** By shape, how many of its reads went to slaves. */
const movedOf = ({ shapes }: RoutingReport) =>
  Object.fromEntries(shapes.map(({ shape, reads, moved }) => [shape, `${moved} of ${reads}`]));

const heldOf = ({ held }: RoutingReport) =>
  held.map(({ shape, because }) => `${shape}: ${because}`).toSorted();

describe.each([
  ['an API with ten handlers', runApi],
  ['a mix of jobs', jobs],
])('shadow mode of %s', (_name, work) => {
  it.each([
    ['one URL and no slave yet', false],
    ['a slave that it does not use', true],
  ])('says with %s what moves when it is switched on', async (_with, slaves) => {
    const on = await work(optionsOf('on', true));
    const shadow = await work(optionsOf('shadow', slaves), on.total.reads);
    expect(movedOf(shadow)).toEqual(movedOf(on));
    expect(Math.abs(shadow.total.share - on.total.share)).toBeLessThan(0.02);
    expect(on.total.moved).toBeGreaterThan(10);
    expect(heldOf(shadow)).toEqual(heldOf(on));
  });
});
