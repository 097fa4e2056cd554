import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createDatabaseRouting } from '../../../src/create-database-routing.js';
import type { DatabaseRouting } from '../../../src/database-routing.js';
import { type ReplicatedPostgres, startReplicatedPostgres } from '../../../src/testing/index.js';
import { SCHEMA } from './corpus/index.js';
import { type OracleAnswer, SlaveOracle } from './oracle.js';
import { type Plan, anyBuilder, safeBuilder } from './random-builder.js';

const SEED = Number(process.env['RANDOM_BUILDERS_SEED'] ?? 20_260_729);
const RUNS = Number(process.env['RANDOM_BUILDERS_RUNS'] ?? 250);

/** What the builders name beyond the corpus: each with a column id. */
const MORE_SCHEMA = `
CREATE MATERIALIZED VIEW stored_ids AS SELECT id FROM authors;
CREATE VIEW latches_with_id AS SELECT lock_quietly(53) AS id;
CREATE VIEW watched_with_id AS SELECT id, nextval('seq') AS n FROM watched;`;

let db: ReplicatedPostgres;
let routing: DatabaseRouting;
let oracle: SlaveOracle;

beforeAll(async () => {
  db = await startReplicatedPostgres({ slaves: 1 });
  await db.master.query(SCHEMA + MORE_SCHEMA);
  await db.caughtUp();
  const slave = db.slave('slave1').connection;
  routing = createDatabaseRouting({
    client: 'pg',
    master: { connection: db.master.connection },
    slaves: { slave1: { connection: slave } },
  });
  await routing.ready();
  oracle = await SlaveOracle.start(slave);
});

afterAll(async () => {
  await oracle?.end();
  await routing?.destroy();
  await db?.stop();
});

interface Ran extends OracleAnswer {
  readonly sql: string;
  readonly intent: string;
  readonly because: string;
}

async function run(plan: Plan): Promise<Ran> {
  const builder = plan.build(routing.knex);
  const { intent, because } = routing.explain(builder);
  const sql = plan.build(routing.knex).toQuery();
  return { sql, intent, because, ...(await oracle.ask(sql)) };
}

const settings = { seed: SEED, numRuns: RUNS, endOnFailure: false };

describe(`random builders (RANDOM_BUILDERS_SEED=${SEED})`, () => {
  it('are called reads only where a slave runs them and keeps nothing', async () => {
    const counts = { reads: 0, others: 0, harmful: 0 };
    await fc.assert(
      fc.asyncProperty(anyBuilder, async (plan) => {
        const ran = await run(plan);
        counts[ran.intent === 'read' ? 'reads' : 'others']++;
        if (!ran.harmless) counts.harmful++;
        if (ran.intent === 'read') expect(ran).toMatchObject({ harmless: true, found: '' });
      }),
      settings,
    );
    expect(counts.reads).toBeGreaterThan(RUNS / 5);
    expect(counts.harmful).toBeGreaterThan(RUNS / 10);
  });

  it('are called reads where they are made of safe parts only', async () => {
    await fc.assert(
      fc.asyncProperty(safeBuilder, async (plan) => {
        expect(plan.safe).toBe(true);
        expect(await run(plan)).toMatchObject({ intent: 'read', harmless: true, found: '' });
      }),
      settings,
    );
  });
});
