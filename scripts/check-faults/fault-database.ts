import knex from 'knex';
import {
  ConsistencyStore,
  type FaultProxy,
  type PostgresSlave,
  type ReplicatedPostgres,
  startFaultProxy,
  startReplicatedPostgres,
} from '../../src/testing/index.js';
import { type Servers, serversOf } from '../common/servers.js';

const SETTINGS = {
  // So that a client's own queries hold nothing up, but for the fault that is about it.
  hot_standby_feedback: true,
  max_connections: 60,
};

/** Everything that a fault changes by `configure`. */
const AS_AT_THE_START = { max_standby_streaming_delay: null, hot_standby_feedback: null };

/** A master and three slaves, and a proxy before the first of these. */
export class FaultDatabase {
  private constructor(
    readonly replication: ReplicatedPostgres,
    readonly proxy: FaultProxy,
  ) {}

  static async start(): Promise<FaultDatabase> {
    const replication = await startReplicatedPostgres({ slaves: 3, settings: SETTINGS });
    const admin = knex({ client: 'pg', connection: replication.master.connection });
    await new ConsistencyStore(admin).createTables();
    await admin.destroy();
    await replication.caughtUp();
    return new FaultDatabase(replication, await startFaultProxy(replication.slave('slave1').connection));
  }

  get slaves(): readonly PostgresSlave[] {
    return Object.values(this.replication.slaves);
  }

  /** The slave that most faults befall. */
  get victim(): PostgresSlave {
    return this.replication.slave('slave1');
  }

  servers(victimBehindProxy: boolean): Servers {
    const { master, slaves } = serversOf(this.replication);
    return victimBehindProxy
      ? { master, slaves: { ...slaves, slave1: this.proxy.connection } }
      : { master, slaves };
  }

  /** As it was at the start, but for the rows; not after a promotion. */
  async restore(): Promise<void> {
    await this.proxy.heal();
    for (const slave of this.slaves) {
      if (slave.isFrozen) await slave.unfreeze();
      await slave.start();
      await slave.resume();
      await slave.configure(AS_AT_THE_START);
    }
    await this.replication.caughtUp();
  }

  async stop(): Promise<void> {
    await this.proxy.stop();
    await this.replication.stop();
  }
}
