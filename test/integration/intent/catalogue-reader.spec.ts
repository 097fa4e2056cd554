import { afterAll, beforeAll, expect, it } from '@jest/globals';
import knex, { type Knex } from 'knex';
import { readCatalogue } from '../../../src/intent/catalogue-reader.js';
import { type ReplicatedPostgres, startReplicatedPostgres } from '../../../src/testing/index.js';

let db: ReplicatedPostgres;
let master: Knex;

beforeAll(async () => {
  db = await startReplicatedPostgres({ slaves: 1 });
  master = knex({ client: 'pg', connection: db.master.connection, pool: { min: 0, max: 1 } });
});

afterAll(async () => {
  await master?.destroy();
  await db?.stop();
});

it('is read without compiling it, which takes servers with LLVM seconds, and leaves the setting as it was', async () => {
  await db.master.query(`CREATE DOMAIN positive AS int CHECK (VALUE > 0)`);
  const sent: string[] = [];
  master.on('query', ({ sql }: { sql: string }) => sent.push(sql));
  const { functions, types } = await readCatalogue(master);
  expect(sent).toEqual([expect.stringMatching(/^select set_config\('jit', 'off', true\); /)]);
  expect(functions.length).toBeGreaterThan(1_000);
  expect(types).toHaveLength(1);
  expect((await master.raw<{ rows: unknown[] }>('SHOW jit')).rows).toEqual([{ jit: 'on' }]);
});
