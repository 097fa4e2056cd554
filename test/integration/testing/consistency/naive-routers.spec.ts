import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  ANOMALY_KINDS,
  type Anomaly,
  type AnomalyKind,
  type ConsistencyOptions,
  type ConsistencyReport,
  checkConsistency,
  formatReport,
  type ReplicatedPostgres,
  startReplicatedPostgres,
} from '../../../../src/testing/index.js';
import { eventually } from '../eventually.js';
import { AlternatingSession } from '../../../../scripts/check-consistency/naive/alternating.session.js';
import { type NaiveSession, naiveDriver } from '../../../../scripts/check-consistency/naive/naive.driver.js';
import { PinnedSession } from '../../../../scripts/check-consistency/naive/pinned.session.js';
import { PlainEngines } from '../../../../scripts/check-consistency/naive/plain-engines.js';
import { PositionSession } from '../../../../scripts/check-consistency/naive/position.session.js';
import { RandomSession } from '../../../../scripts/check-consistency/naive/random.session.js';
import { TimerSession } from '../../../../scripts/check-consistency/naive/timer.session.js';

const NOTHING = {
  'read-your-writes': 0,
  'monotonic-reads': 0,
  'monotonic-writes': 0,
  'writes-follow-reads': 0,
  'bounded-staleness': 0,
};

describe('the checker, on a real replication', () => {
  let db: ReplicatedPostgres;
  let engines: PlainEngines;

  beforeAll(async () => {
    db = await startReplicatedPostgres({ slaves: 2 });
    engines = PlainEngines.to(db);
  });

  afterEach(async () => {
    await Promise.all([db.slave('slave1').delay(0), db.slave('slave2').delay(0)]);
    await db.caughtUp();
  });

  afterAll(async () => {
    await engines.destroy();
    await db.stop();
  });

  const check = (session: () => NaiveSession, more: ConsistencyOptions): Promise<ConsistencyReport> =>
    checkConsistency({ driver: naiveDriver(engines, session), writeShare: 0.3, ...more });

  /** Short checks, until one has found these kinds: how soon that is depends on the machine. */
  async function finds(
    kinds: readonly AnomalyKind[],
    session: () => NaiveSession,
    more: ConsistencyOptions = {},
  ): Promise<ConsistencyReport> {
    for (let round = 1; ; round++) {
      const report = await check(session, { seconds: 0.4, ...more });
      if (kinds.every((kind) => report.anomaliesByKind[kind] > 0)) return report;
      if (round === 30)
        throw new Error(`not all of ${kinds.join(', ')} were found:\n${formatReport(report)}`);
    }
  }

  it('finds nothing in a router that reads all from the master', async () => {
    const report = await check(() => new PinnedSession('master'), { maxLagMs: 1, operations: 600 });
    expect(report.anomaliesByKind).toEqual(NOTHING);
    expect(report.readsByEngine['master']?.share).toBe(1);
    expect(report.operations).toBeGreaterThan(500);
  });

  it('finds that one slave alone is behind, and never goes back or out of order', async () => {
    await db.slave('slave1').delay(300);
    const report = await finds(['read-your-writes'], () => new PinnedSession('slave1'));
    expect(report.anomaliesByKind).toEqual({ ...NOTHING, 'read-your-writes': expect.any(Number) });
    const { expected, found } = first(report, 'read-your-writes');
    expect(found).toMatchObject({ kind: 'read', client: expected.client, engine: 'slave1' });
  });

  it('catches routing at random', async () => {
    await db.slave('slave1').delay(100); // so that a read soon after a write comes too early on any machine
    await db.slave('slave2').delay(100);
    const report = await finds(['read-your-writes'], () => new RandomSession(engines));
    const { expected, found } = first(report, 'read-your-writes');
    expect(expected).toMatchObject({ kind: 'write', engine: 'master', client: found.client });
    expect(found).toMatchObject({ kind: 'read', subject: expected.subject });
    expect(found.engine).toMatch(/^slave[12]$/);
    expect(found.version).toBeLessThan(expected.version);
    expect(found.startedAtMs).toBeGreaterThanOrEqual(expected.endedAtMs);
  });

  it('catches a timer that ends before the slaves have caught up', async () => {
    await db.slave('slave1').delay(1000);
    await db.slave('slave2').delay(1000);
    // A client writes every half second or so: some outlive their timers.
    const rates = { clients: 20, pauseMs: 20, writeShare: 0.04, seconds: 1 };
    const report = await finds(['read-your-writes'], () => new TimerSession(engines, 0.3), rates);
    const { expected, found } = first(report, 'read-your-writes');
    expect(expected).toMatchObject({ kind: 'write', engine: 'master', client: found.client });
    expect(found.engine).toMatch(/^slave[12]$/);
    expect(found.startedAtMs - expected.endedAtMs).toBeGreaterThan(290); // the timer's time
  });

  describe('with synchronous_commit off', () => {
    beforeAll(() => commitsAs('off'));
    afterAll(() => commitsAs('on'));

    it('catches a bookmark taken from pg_current_wal_lsn()', async () => {
      const report = await finds(
        ['read-your-writes'],
        () => new PositionSession(engines, 'pg_current_wal_lsn'),
      );
      const { expected, found } = first(report, 'read-your-writes');
      expect(expected).toMatchObject({ kind: 'write', client: found.client });
      expect(found.engine).toMatch(/^slave[12]$/);
    });

    it('finds that a bookmark taken from pg_current_wal_insert_lsn() reads its writes', async () => {
      const report = await check(() => new PositionSession(engines, 'pg_current_wal_insert_lsn'), {
        operations: 600,
      });
      expect(report.anomaliesByKind['read-your-writes']).toBe(0);
    });
  });

  describe('with synchronous_commit remote_apply', () => {
    // A commit shows on slave1 at once, and on the master when slave2 has it too.
    beforeAll(() => commitsAs('remote_apply', 'FIRST 2 (slave1, slave2)'));
    afterAll(() => commitsAs('on'));

    it('catches that clients go back from a slave to the master, which shows a commit later than the slave', async () => {
      await db.slave('slave2').delay(50);
      const report = await finds(['monotonic-reads'], () => new AlternatingSession(['slave1', 'master']));
      expect(report.anomaliesByKind['read-your-writes']).toBe(0);
      const { expected, found } = first(report, 'monotonic-reads');
      expect(expected).toMatchObject({ kind: 'read', engine: 'slave1', client: found.client });
      expect(found).toMatchObject({ kind: 'read', engine: 'master', subject: expected.subject });
    });
  });

  describe('with slaves that are read in turn, one of them late', () => {
    let report: ConsistencyReport;

    beforeAll(async () => {
      await db.slave('slave2').delay(500);
      const inTurn = () => new AlternatingSession(['slave1', 'slave2']);
      const kinds = ANOMALY_KINDS.filter((kind) => kind !== 'read-your-writes');
      report = await finds(kinds, inTurn, { maxLagMs: 200, seconds: 1 });
    });

    it('catches that clients go back', () => {
      const { expected, found } = first(report, 'monotonic-reads');
      expect(expected).toMatchObject({ kind: 'read', engine: 'slave1', client: found.client });
      expect(found).toMatchObject({ kind: 'read', engine: 'slave2', subject: expected.subject });
      expect(found.version).toBeLessThan(expected.version);
      expect(found.startedAtMs).toBeGreaterThanOrEqual(expected.endedAtMs);
    });

    it("catches that somebody's second write is seen without the first", () => {
      const { expected, found, link } = first(report, 'monotonic-writes');
      expect(expected).toMatchObject({ kind: 'write', subject: found.subject });
      expect(link?.write).toMatchObject({ kind: 'write', client: expected.client });
      expect(link?.write.startedAtMs).toBeGreaterThanOrEqual(expected.endedAtMs);
      expect(link?.seenBy).toMatchObject({
        kind: 'read',
        client: found.client,
        subject: link?.write.subject,
      });
      expect(found.client).not.toBe(expected.client);
    });

    it("catches that somebody's write is seen without what he had read before it", () => {
      const { expected, found, link } = first(report, 'writes-follow-reads');
      expect(expected).toMatchObject({ kind: 'read', subject: found.subject });
      expect(link?.write).toMatchObject({ kind: 'write', client: expected.client });
      expect(link?.seenBy).toMatchObject({ kind: 'read', client: found.client });
    });

    it('catches readings older than their bound', () => {
      const { expected, found } = first(report, 'bounded-staleness');
      expect(found).toMatchObject({ kind: 'read', engine: 'slave2', subject: expected.subject });
      expect(expected.kind).toBe('write');
      expect(found.startedAtMs - expected.endedAtMs).toBeGreaterThanOrEqual(200);
    });

    it('tells which engine read how much', () => {
      expect(report.readsByEngine['slave1']?.share).toBeCloseTo(0.5, 1);
      expect(report.readsByEngine['slave2']?.share).toBeCloseTo(0.5, 1);
    });

    it('says in words who did what, when and where', () => {
      expect(formatReport(report)).toMatch(
        /times, first: monotonic-reads\n {2}client \d read version \d+ of (register|list)-\S+ on slave1, .*\n {2}client \d read version \d+ of \S+ on slave2, /,
      );
    });
  });

  async function commitsAs(setting: string, waitedFor = ''): Promise<void> {
    await db.master.query(`ALTER SYSTEM SET synchronous_standby_names = '${waitedFor}'`);
    await db.master.query(`ALTER SYSTEM SET synchronous_commit = ${setting}`);
    await db.master.query('SELECT pg_reload_conf()');
    await eventually(async () => {
      const { rows } = await engines.master.raw<{ rows: object[] }>('SHOW synchronous_commit');
      expect(rows).toEqual([{ synchronous_commit: setting }]);
    });
  }
});

function first(report: ConsistencyReport, kind: AnomalyKind): Anomaly {
  const anomaly = report.examples.find((example) => example.kind === kind);
  if (!anomaly) throw new Error(`no ${kind} was found:\n${formatReport(report)}`);
  return anomaly;
}
