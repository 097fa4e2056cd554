import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RoutingBench } from './routing-bench.js';

const PACKAGE = join(import.meta.dirname, '../../..');
const KNEX = join(dirname(createRequire(import.meta.url).resolve('knex/package.json')), 'bin/cli.js');

const MIGRATION = `
export const up = (knex) => knex.schema.createTable('notes', (table) => table.increments());
export const down = (knex) => knex.schema.dropTable('notes');
`;

/** As docs/neighbours.md shows it, of the built package. */
const KNEXFILE = `
import { optionsFromEnv } from ${JSON.stringify(join(PACKAGE, 'dist/esm/index.js'))};
const { client, master, migrations, seeds } = optionsFromEnv(process.env);
export default { client, ...master, migrations, seeds };
`;

let bench: RoutingBench;
let folder: string;

beforeAll(async () => {
  bench = await RoutingBench.start(1);
  folder = mkdtempSync(join(realpathSync(tmpdir()), 'knex-command-'));
  symlinkSync(join(PACKAGE, 'node_modules'), join(folder, 'node_modules'), 'dir'); // Knex looks for itself there
  mkdirSync(join(folder, 'migrations'));
  writeFileSync(join(folder, 'migrations/1_notes.mjs'), MIGRATION);
  writeFileSync(join(folder, 'knexfile.mjs'), KNEXFILE);
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await bench.stop();
});

function knexCommand(...args: string[]): string {
  const url = ({ host, port, user, password, database }: Record<string, unknown>) =>
    `postgres://${String(user)}:${encodeURIComponent(String(password ?? ''))}@${String(host)}:${String(port)}/${String(database)}`;
  const { master, slaves } = bench.db;
  const env = {
    ...process.env,
    DATABASE_MASTER_URL: url({ ...master.connection }),
    DATABASE_SLAVES_SLAVE1_URL: url({ ...slaves['slave1']!.connection }),
    DATABASE_MIGRATIONS_DIRECTORY: join(folder, 'migrations'),
    DATABASE_MIGRATIONS_LOAD_EXTENSIONS: '.mjs',
  };
  const file = ['--knexfile', join(folder, 'knexfile.mjs')];
  return execFileSync(process.execPath, [KNEX, ...args, ...file], { cwd: PACKAGE, env, encoding: 'utf8' });
}

describe('the knex command, with a knexfile of the same options', () => {
  it('migrates the master, there and back, and slaves follow', async () => {
    expect(knexCommand('migrate:latest')).toMatch(/Batch 1 run: 1 migrations/);
    await bench.db.caughtUp();
    const routing = await bench.routing();
    expect(await routing.usingEngine('slave1')('notes').select()).toEqual([]);
    expect(knexCommand('migrate:rollback')).toMatch(/Batch 1 rolled back: 1 migrations/);
    expect(await routing.knex.schema.hasTable('notes')).toBe(false);
  });
});
