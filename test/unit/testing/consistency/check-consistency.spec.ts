import { describe, expect, it } from '@jest/globals';
import {
  type ConsistencyDriver,
  type ConsistencyOptions,
  checkConsistency,
  formatReport,
} from '../../../../src/testing/index.js';
import { MemoryDatabase, memoryClient } from './memory-database.js';

/** What one step of a client reads at most. */
const MOST_READS_AT_ONCE = 4;

/** All is read at the end of the log. */
function freshDriver(database = new MemoryDatabase()): ConsistencyDriver {
  return { client: () => memoryClient(database, () => ({ position: database.end, engine: 'master' })) };
}

/** Reads are taken in turn from one that is up to date and one that is 20 writes late. */
function alternatingDriver(): ConsistencyDriver {
  const database = new MemoryDatabase();
  let reads = 0;
  const readAt = () => {
    const isLate = reads++ % 2 === 1;
    const position = Math.max(0, database.end - (isLate ? 20 : 0));
    return { position, engine: isLate ? 'late' : 'fresh' };
  };
  return { client: () => memoryClient(database, readAt) };
}

const brokenDriver: ConsistencyDriver = {
  client: () => {
    const fail = () => Promise.reject(new Error('down'));
    return { write: fail, append: fail, read: fail, readList: fail };
  },
};

describe('checkConsistency', () => {
  it('runs as many operations as it was told, and finds nothing where there is nothing', async () => {
    const report = await checkConsistency({ driver: freshDriver(), operations: 2000, clients: 4 });
    expect(report.operations).toBeGreaterThanOrEqual(2000);
    expect(report.operations).toBeLessThan(2020);
    expect(report.anomalies).toBe(0);
    expect(report.readsByEngine).toEqual({ master: { reads: report.reads.answered, share: 1 } });
    expect(report.reads.answered + report.writes.answered).toBe(report.operations);
    expect(report.reads.errors + report.writes.errors).toBe(0);
  });

  it('writes as often as it was told', async () => {
    const report = await checkConsistency({ driver: freshDriver(), operations: 3000, writeShare: 0.2 });
    const share = report.writes.answered / report.operations;
    expect(share).toBeGreaterThan(0.1);
    expect(share).toBeLessThan(0.3);
  });

  it('finds all kinds and keeps a few examples of each', async () => {
    const report = await checkConsistency({
      driver: alternatingDriver(),
      operations: 3000,
      writeShare: 0.3,
      examplesPerKind: 2,
    });
    expect(report.anomaliesByKind['read-your-writes']).toBeGreaterThan(2);
    expect(report.anomaliesByKind['monotonic-reads']).toBeGreaterThan(2);
    expect(report.anomaliesByKind['monotonic-writes']).toBeGreaterThan(2);
    expect(report.anomaliesByKind['writes-follow-reads']).toBeGreaterThan(2);
    expect(report.examples).toHaveLength(8);
    expect(report.examples.every(({ found }) => found.engine === 'late')).toBe(true);
    expect(formatReport(report)).toContain('read-your-writes');
  });

  it('ends after the seconds it was told, and tells its progress', async () => {
    const told: number[] = [];
    const onProgress = ({ operations }: { operations: number }) => told.push(operations);
    const report = await checkConsistency({ driver: freshDriver(), seconds: 1.2, pauseMs: 5, onProgress });
    expect(report.seconds).toBeGreaterThanOrEqual(1.2);
    expect(told[0]).toBeGreaterThan(0);
  });

  it('ends early when its signal says so', async () => {
    const database = new MemoryDatabase();
    const end = new AbortController();
    let reads = 0;
    const readAt = () => {
      if (++reads === 20) end.abort();
      return { position: database.end, engine: 'master' };
    };
    const driver = { client: () => memoryClient(database, readAt) };
    const report = await checkConsistency({ driver, seconds: 3600, clients: 2, signal: end.signal });
    expect(report.reads.answered).toBeLessThan(20 + 2 * MOST_READS_AT_ONCE);
  });

  it('runs the faults at their times, and says which', async () => {
    const ran: string[] = [];
    const report = await checkConsistency({
      driver: freshDriver(),
      seconds: 0.4,
      pauseMs: 5,
      faults: [
        { name: 'second', atSeconds: 0.2, run: () => ran.push('second') },
        { name: 'first', atSeconds: 0.1, run: () => ran.push('first') },
        { name: 'too late', atSeconds: 60, run: () => ran.push('too late') },
      ],
    });
    expect(ran).toEqual(['first', 'second']);
    expect(report.faults).toEqual([
      { name: 'second', startedAtSeconds: expect.any(Number) },
      { name: 'first', startedAtSeconds: expect.any(Number) },
      { name: 'too late', startedAtSeconds: undefined },
    ]);
  });

  it('fails when a fault does', async () => {
    const run = () => Promise.reject(new Error('no such slave'));
    const check = checkConsistency({
      driver: freshDriver(),
      seconds: 60,
      faults: [{ name: 'kill', atSeconds: 0, run }],
    });
    await expect(check).rejects.toMatchObject({
      message: "the fault 'kill' failed; mend its run()",
      cause: { message: 'no such slave' },
    });
  });

  it('counts errors, which are no anomalies', async () => {
    let calls = 0;
    const { client } = freshDriver();
    const driver: ConsistencyDriver = {
      client: (id) => {
        const inner = client(id);
        const read = (register: string) =>
          calls++ % 10 === 0
            ? Promise.reject(new Error(`no ${calls > 1 ? 'more' : 'first'}`))
            : inner.read(register);
        return { ...inner, read };
      },
    };
    const report = await checkConsistency({ driver, operations: 300 });
    expect(report.anomalies).toBe(0);
    expect(report.reads.errors).toBeGreaterThan(5);
    expect(report.errors).toEqual([
      { message: 'no more', count: report.reads.errors - 1 },
      { message: 'no first', count: 1 },
    ]);
  });

  it('fails where nothing worked', async () => {
    await expect(checkConsistency({ driver: brokenDriver, operations: 20 })).rejects.toThrow(
      /nothing worked, so nothing was checked; \d+ times: down/,
    );
  });

  it.each<[what: string, options: ConsistencyOptions, message: string]>([
    ['no target', {}, "Give one of 'routing', 'url' and 'driver', got 0 of them."],
    ['two targets', { driver: freshDriver(), url: 'http://localhost' }, 'got 2 of them.'],
    ['an unknown key', { secs: 1 } as ConsistencyOptions, "unknown key 'secs'"],
    ['no clients', { driver: freshDriver(), clients: 0 }, 'clients must be a whole number from 1, got 0'],
    ['no time', { driver: freshDriver(), seconds: 0 }, 'seconds must be a number above 0, got 0'],
    ['no URL', { url: [] }, 'url must be at least one URL'],
    [
      'a share above 1',
      { driver: freshDriver(), writeShare: 5 },
      'writeShare must be a number from 0 to 1, got 5',
    ],
  ])('refuses %s', async (_what, options, message) => {
    await expect(checkConsistency(options)).rejects.toThrow(message);
  });
});
