import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Knex } from 'knex';
import { SYSTEM_CLOCK } from '../../../src/clock.js';
import { examineEngine } from '../../../src/doctor/examine-engine.js';
import { POSITIONS, QUESTIONS, WHO } from '../../../src/doctor/questions.js';
import { stubEngine } from '../engines/stub-engine.js';

type Done = (error: Error | null, result?: unknown) => void;

const ROWS: Readonly<Record<string, object>> = {
  [WHO]: { run: '1', pid: 7, in_recovery: true },
  [QUESTIONS.base]: { run: '1', in_recovery: true, version: 180_004, database: 'app' },
  [POSITIONS]: { written: '0/10', replayed: '0/10' },
};

/** A server that takes so long for each answer, in ms; undefined: it never answers. */
function serverThat(
  answersInMs: (sql: string) => number | undefined,
  refuses: (sql: string) => boolean = () => false,
  more: Readonly<Record<string, object>> = {},
) {
  const asked: string[] = [];
  const query = (sql: string, done: Done) => {
    asked.push(sql);
    const ms = answersInMs(sql);
    const denied = Object.assign(new Error('permission denied for function f'), { code: '42501' });
    if (ms !== undefined)
      setTimeout(
        () => (refuses(sql) ? done(denied) : done(null, { rows: [more[sql] ?? ROWS[sql] ?? {}] })),
        ms,
      );
  };
  return { asked, connection: { processID: 7, query, connection: { stream: { destroy() {} } } } };
}

function engineOf(acquireRawConnection: () => Promise<unknown>, more: object = {}) {
  const client = {
    config: {},
    pool: { max: 10 },
    connectionSettings: { host: 'db', port: '', user: 'my-app', database: null },
    acquireRawConnection,
    ...more,
  };
  return stubEngine('slave1', 'slave', { knex: { client } as unknown as Knex });
}

/** Examines one engine in simulated time, and tells how long it took. */
async function examined(engine: ReturnType<typeof engineOf>) {
  const sinceMs = performance.now();
  let tookMs = Number.NaN;
  const examining = examineEngine(engine, SYSTEM_CLOCK, () => Promise.resolve());
  void examining.then(() => (tookMs = performance.now() - sinceMs));
  await jest.advanceTimersByTimeAsync(60_000);
  return { facts: await examining, tookMs };
}

describe('an examination', () => {
  beforeEach(() => void jest.useFakeTimers());

  it.each([1, 100, 200, 300, 400, 1_000, 3_000])(
    'ends within 5 s where each answer takes %d ms',
    async (ms) => {
      const { connection } = serverThat(() => ms);
      const engine = engineOf(async () => {
        await new Promise((resolve) => setTimeout(resolve, ms));
        return connection;
      });
      const { facts, tookMs } = await examined(engine);
      expect(tookMs).toBeLessThan(5_000);
      expect(facts.failure ?? facts.server).toBeDefined();
    },
  );

  it('asks all that a quick server can be asked, and leaves nothing open', async () => {
    const { asked, connection } = serverThat(() => 1);
    const { facts } = await examined(engineOf(async () => connection));
    expect(asked).toEqual(expect.arrayContaining(Object.values(QUESTIONS)));
    expect(facts).toMatchObject({ failure: undefined, failed: 0, isUnfinished: false, address: 'db:5432/' });
  });

  it.each([
    ['shortly at a server that has replayed all', '0/10', 8],
    ['longer at one that has not', '0/0F', 18],
  ])('looks %s', async (_how, replayed, samples) => {
    const { connection } = serverThat(
      () => 1,
      () => false,
      { [POSITIONS]: { written: '0/10', replayed } },
    );
    const { facts } = await examined(engineOf(async () => connection));
    expect(facts.positions).toHaveLength(samples);
  });

  it('calls a server that takes connections and never answers one without an answer', async () => {
    const { connection } = serverThat(() => undefined);
    const { facts, tookMs } = await examined(engineOf(async () => connection));
    expect(facts).toMatchObject({
      server: undefined,
      failure: { code: 'TIMEOUT' },
      failed: 0,
      connections: [],
    });
    expect(tookMs).toBeLessThan(5_000);
  });

  it('asks no further on a connection that owes an answer', async () => {
    const { asked, connection } = serverThat((sql) => (sql === QUESTIONS.identity ? undefined : 1));
    const { facts } = await examined(engineOf(async () => connection));
    expect(asked.at(-1)).toBe(QUESTIONS.identity);
    expect(facts).toMatchObject({ isUnfinished: true, positions: [], refused: {} });
    expect(facts.server).toBeDefined();
  });

  it('tells what is refused from what is late, with the grant', async () => {
    const refuses = (sql: string) => sql === WHO || sql === QUESTIONS.base;
    const { facts } = await examined(engineOf(async () => serverThat(() => 1, refuses).connection));
    const grant = 'GRANT EXECUTE ON FUNCTION f TO "my-app"';
    expect(facts).toMatchObject({ server: undefined, failure: undefined, isUnfinished: true });
    expect(facts.refused).toEqual({ base: { message: 'permission denied for function f', grant } });
  });

  it('tells that positions are refused to the question that splits the lag', async () => {
    const { facts } = await examined(
      engineOf(
        async () =>
          serverThat(
            () => 1,
            (sql) => sql === POSITIONS,
          ).connection,
      ),
    );
    expect(Object.keys(facts.refused)).toEqual(['position']);
  });

  it('counts the connections that could not be made', async () => {
    let count = 0;
    const { facts } = await examined(
      engineOf(async () => {
        if (++count > 2) throw Object.assign(new Error('too many connections'), { code: '53300' });
        return serverThat(() => 1).connection;
      }),
    );
    expect(facts).toMatchObject({ failed: 2, failure: { code: '53300' } });
    expect(facts.connections).toHaveLength(2);
    expect(facts.server).toBeDefined();
  });

  it("borrows one connection of the app's own pool, and gives it back", async () => {
    const { connection } = serverThat(() => 1);
    const given: unknown[] = [];
    const { facts } = await examined(
      engineOf(() => Promise.reject(new Error('the app makes its connections itself')), {
        config: { connectionPool: {} },
        connectionSettings: undefined,
        acquireConnection: async () => connection,
        releaseConnection: async (one: unknown) => void given.push(one),
      }),
    );
    expect(facts).toMatchObject({ failed: 0, address: "a pool of the app's own" });
    expect(given).toEqual([connection]);
  });
});
