import type { FaultProxy, PostgresSlave, ReplicatedPostgres } from '../../src/testing/index.js';
import { ConsistencyStore, startFaultProxy, startReplicatedPostgres } from '../../src/testing/index.js';
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

/** Everything that a row changes on slaves by `configure`. */
const AS_AT_THE_START = {
  recovery_min_apply_delay: null,
  max_standby_streaming_delay: null,
  hot_standby_feedback: null,
};

/** The master and the two slaves that rows run on, one after the other, and a proxy before the first slave. */
export class CheckDatabase {
  private constructor(
    readonly replication: ReplicatedPostgres,
    readonly proxy: FaultProxy,
    readonly plain: PlainEngines,
  ) {}

  static async start(): Promise<CheckDatabase> {
    const replication = await startReplicatedPostgres({ slaves: 2, settings: SETTINGS });
    const plain = PlainEngines.to(replication);
    await new ConsistencyStore(plain.master).createTables();
    await replication.master.query('CREATE TABLE filler (text text)');
    await replication.caughtUp();
    const proxy = await startFaultProxy(replication.slave('slave1').connection);
    return new CheckDatabase(replication, proxy, plain);
  }

  get servers(): Servers {
    return serversOf(this.replication);
  }

  get serversBehindProxy(): Servers {
    const { master, slaves } = this.servers;
    return { master, slaves: { ...slaves, slave1: this.proxy.connection } };
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

  /** Slaves wait for no query, and let no query hold the master's vacuum up. */
  async neverWait(): Promise<void> {
    const settings = { max_standby_streaming_delay: 0, hot_standby_feedback: false };
    await Promise.all(this.slaves.map((slave) => slave.configure(settings)));
  }

  /** What is acknowledged is on a slave, so that the promotion of the most advanced one loses nothing. */
  async synchronous(): Promise<void> {
    await this.replication.master.configure({ synchronous_standby_names: 'ANY 1 (slave1, slave2)' });
  }

  /** As it was at the start, whatever a row did to it, unless a slave was promoted. */
  async restore(): Promise<void> {
    await this.proxy.heal();
    for (const slave of this.slaves) {
      if (slave.isFrozen) await slave.unfreeze();
      await slave.start();
      await slave.resume();
      await slave.configure(AS_AT_THE_START);
    }
    await this.commit('on');
    await this.replication.master.query('TRUNCATE filler');
    await this.replication.caughtUp();
  }

  async stop(): Promise<void> {
    await this.plain.destroy();
    await this.proxy.stop();
    await this.replication.stop();
  }

  private async commitsAs(setting: string): Promise<boolean> {
    const [row] = await this.replication.master.query<{ setting: string }>(
      "SELECT current_setting('synchronous_commit') AS setting",
    );
    return row?.setting === setting;
  }
}
