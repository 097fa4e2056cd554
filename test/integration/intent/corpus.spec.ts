import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabaseRouting } from '../../../src/create-database-routing.js';
import type { DatabaseRouting } from '../../../src/database-routing.js';
import { type ReplicatedPostgres, startReplicatedPostgres } from '../../../src/testing/index.js';
import { type Classified, classified, eachIn } from './classified.js';
import { COMMANDS, CORPUS, NOT_EXECUTED, SCHEMA } from './corpus/index.js';
import { type OracleAnswer, SlaveOracle } from './oracle.js';
import { SessionPair } from './session-pair.js';
import { systemFunctionCalls } from './system-function-calls.js';

type Judged = Classified & OracleAnswer & { readonly group: string };

/** What the oracle can't see: the seed of random(), a lock that is kept elsewhere, the end of a snapshot's use. */
const SEEN_BY_NOBODY = /setseed|pg_advisory_unlock|pg_export_snapshot/;

let db: ReplicatedPostgres;
let routing: DatabaseRouting;
const judged: Judged[] = [];

beforeAll(async () => {
  db = await startReplicatedPostgres({
    slaves: 1,
    settings: { max_connections: 60, max_locks_per_transaction: 256 },
  });
  await db.master.query(SCHEMA);
  await db.caughtUp();
  const slave = db.slave('slave1').connection;
  routing = createDatabaseRouting({
    client: 'pg',
    master: { connection: db.master.connection },
    slaves: { slave1: { connection: slave } },
  });
  await routing.ready();
  const oracles = await Promise.all(Array.from({ length: 4 }, () => SlaveOracle.start(slave)));
  const statements = Object.entries(CORPUS).flatMap(([group, texts]) => texts.map((sql) => ({ group, sql })));
  await eachIn(oracles, statements, async (oracle, { group, sql }) => {
    judged.push({ group, ...classified(routing, sql), ...(await oracle.ask(sql)) });
  });
  await Promise.all(oracles.map((oracle) => oracle.end()));
});

afterAll(async () => {
  await routing?.destroy();
  await db?.stop();
});

const isRead = ({ intent }: Classified) => intent === 'read';
const isSafe = ({ harmless, query, sql }: Judged) => harmless && query && !SEEN_BY_NOBODY.test(sql);
const leaks = () => judged.filter((statement) => isRead(statement) && !isSafe(statement));

describe('the oracle', () => {
  it.each([
    'SELECT pg_advisory_lock(31)',
    'SELECT pg_advisory_xact_lock(34)',
    `SELECT set_config('work_mem', '8MB', true)`,
    `SELECT set_config('app.tenant', '7', false)`,
    "SET search_path = ''",
    'PREPARE one AS SELECT 1',
    'DECLARE c CURSOR WITH HOLD FOR SELECT 1',
    'SET SESSION AUTHORIZATION DEFAULT; SET ROLE pg_monitor',
    'BEGIN; SELECT 1',
  ])('sees what is left by %s', async (sql) => {
    const oracle = await SlaveOracle.start(db.slave('slave1').connection);
    expect(await oracle.ask(sql)).toMatchObject({
      harmless: false,
      found: expect.stringContaining('it left'),
    });
    expect(await oracle.ask('SELECT 1')).toMatchObject({ harmless: true, query: true });
    await oracle.end();
  });
});

describe('the corpus, with a slave as the oracle', () => {
  it('holds 1200 statements, none twice, and every command of PostgreSQL 18', () => {
    const texts = [...Object.values(CORPUS).flat(), ...NOT_EXECUTED];
    const starts = texts.map((sql) => sql.toUpperCase());
    const isThere = (command: string) =>
      command === 'SELECT INTO'
        ? starts.some((sql) => /^SELECT\b.*\bINTO\b/.test(sql))
        : starts.some((sql) => sql === command || sql.startsWith(`${command} `));
    expect(new Set(texts).size).toBe(texts.length);
    expect(texts.length).toBeGreaterThanOrEqual(1200);
    expect(COMMANDS.filter((command) => !isThere(command))).toEqual([]);
  });

  it('calls nothing a read that fails on a slave, or leaves something behind there', () => {
    expect(leaks().map(({ sql, found }) => `${sql} -- ${found}`)).toEqual([]);
  });

  it('calls at least 99 % of what is safe on a slave a read', () => {
    const safe = judged.filter(isSafe);
    const missed = safe.filter((statement) => !isRead(statement));
    const isFew = missed.length / safe.length < 0.01;
    expect(isFew ? [] : missed.map(({ sql, because, intent }) => `${sql} -- ${intent}: ${because}`)).toEqual(
      [],
    );
  });

  it('never calls a read what would stop or change the server', () => {
    expect(NOT_EXECUTED.map((sql) => classified(routing, sql)).filter(isRead)).toEqual([]);
  });

  it('says of each write what part of it decided', () => {
    const silent = judged.filter((statement) => !isRead(statement) && statement.because === '');
    expect(silent).toEqual([]);
  });
});

describe('the functions of PostgreSQL itself', () => {
  it('are called safe only where a slave answers as the master does and keeps nothing', async () => {
    const calls = await systemFunctionCalls(db.master);
    const safe = calls.filter((sql) => isRead(classified(routing, sql)));
    const slave = await SessionPair.start(db);
    const wrong: string[] = [];
    for (const sql of safe) wrong.push(...(await slave.differences(sql)));
    await slave.end();
    expect(wrong).toEqual([]);
    expect(safe.length).toBeGreaterThan(2000);
  });
});
