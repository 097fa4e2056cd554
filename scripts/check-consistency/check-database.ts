import type { PostgresSlave, ReplicatedPostgres } from '../../src/testing/index.js';
import { ConsistencyStore, startReplicatedPostgres } from '../../src/testing/index.js';
import { type Servers, serversOf } from '../common/servers.js';
import { PlainEngines } from './naive/plain-engines.js';

/** What a slave writes to disk is what it begins with after a crash: nothing is, so that it begins far back. */
const RARELY_ON_DISK = {
  shared_buffers: '256MB',
  bgwriter_lru_maxpages: 0,
  checkpoint_timeout: '1h',
  max_wal_size: '8GB',
};

/** Without feedback, a slave would end queries that vacuum on the master gets in the way of, the faults' own among them. */
const SETTINGS = { max_connections: 200, hot_standby_feedback: true, ...RARELY_ON_DISK };

/** The master and the two slaves that all rows run on, one row after the other. */
export class CheckDatabase {
  private constructor(
    private readonly replication: ReplicatedPostgres,
    readonly plain: PlainEngines,
  ) {}

  static async start(): Promise<CheckDatabase> {
    const replication = await startReplicatedPostgres({ slaves: 2, settings: SETTINGS });
    const plain = PlainEngines.to(replication);
    await new ConsistencyStore(plain.master).createTables();
    await replication.master.query('CREATE TABLE filler (text text)');
    await replication.caughtUp();
    return new CheckDatabase(replication, plain);
  }

  get servers(): Servers {
    return serversOf(this.replication);
  }

  get slaves(): readonly PostgresSlave[] {
    return Object.values(this.replication.slaves);
  }

  slave(name: string): PostgresSlave {
    return this.replication.slave(name);
  }

  async delay(ms: number): Promise<void> {
    await Promise.all(this.slaves.map((slave) => slave.delay(ms)));
  }

  /** `waitedFor`: the slaves that must have replayed a commit, all of them, before `remote_apply` lets it be seen. */
  async commit(setting: 'off' | 'on' | 'remote_apply', waitedFor: readonly string[] = []): Promise<void> {
    const { master } = this.replication;
    const standbys = waitedFor.length > 0 ? `FIRST ${waitedFor.length} (${waitedFor.join(', ')})` : '';
    await master.query(`ALTER SYSTEM SET synchronous_standby_names = '${standbys}'`);
    await master.query(`ALTER SYSTEM SET synchronous_commit = ${setting}`);
    await master.query('SELECT pg_reload_conf()');
    while (!(await this.commitsAs(setting)));
  }

  /** 60 MB of the master's log: what a slave replays anew after a crash takes the longer, and it serves meanwhile. */
  async fillLog(): Promise<void> {
    await this.replication.master.query(
      "INSERT INTO filler SELECT repeat('x', 1000) FROM generate_series(1, 50000)",
    );
  }

  /** As it was at the start, whatever a row did to it. */
  async restore(): Promise<void> {
    for (const slave of this.slaves) {
      await slave.start();
      await slave.resume();
      await slave.delay(0);
    }
    await this.commit('on');
    await this.replication.master.query('TRUNCATE filler');
    await this.replication.caughtUp();
  }

  async stop(): Promise<void> {
    await this.plain.destroy();
    await this.replication.stop();
  }

  private async commitsAs(setting: string): Promise<boolean> {
    const [row] = await this.replication.master.query<{ setting: string }>(
      "SELECT current_setting('synchronous_commit') AS setting",
    );
    return row?.setting === setting;
  }
}
