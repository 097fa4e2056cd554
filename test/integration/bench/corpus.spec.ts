import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createDatabaseRouting } from '../../../src/create-database-routing.js';
import type { DatabaseRouting } from '../../../src/database-routing.js';
import { type ReplicatedPostgres, startReplicatedPostgres } from '../../../src/testing/index.js';
import { classified } from '../intent/classified.js';
import { SlaveOracle } from '../intent/oracle.js';

const FOLDER = new URL('../../../bench/corpus/', import.meta.url);
const text = (file: string) => readFileSync(new URL(file, FOLDER), 'utf8').trim();
const READS = text('reads.sql').split('\n');
const WRITES = text('writes.sql').split('\n');

let db: ReplicatedPostgres;
let routing: DatabaseRouting;

beforeAll(async () => {
  db = await startReplicatedPostgres({ slaves: 1 });
  await db.master.query(text('schema.sql'));
  await db.caughtUp();
  routing = createDatabaseRouting({
    client: 'pg',
    master: { connection: db.master.connection },
    slaves: { slave1: { connection: db.slave('slave1').connection } },
  });
  await routing.ready();
});

afterAll(async () => {
  await routing?.destroy();
  await db?.stop();
});

it('holds 300 statements, none twice', () => {
  expect(new Set([...READS, ...WRITES]).size).toBe(READS.length + WRITES.length);
  expect(READS.length + WRITES.length).toBeGreaterThanOrEqual(300);
});

it('has all of its reads on slaves, where they answer and leave nothing', async () => {
  const oracle = await SlaveOracle.start(db.slave('slave1').connection);
  const wrong: string[] = [];
  for (const sql of READS) {
    const { intent, because } = classified(routing, sql);
    const { harmless, found } = await oracle.ask(sql);
    if (intent !== 'read' || !harmless) wrong.push(`${sql} -- ${intent}: ${because}; ${found}`);
  }
  await oracle.end();
  expect(wrong).toEqual([]);
});

it('has none of its writes there', () => {
  expect(WRITES.filter((sql) => classified(routing, sql).intent === 'read')).toEqual([]);
});
