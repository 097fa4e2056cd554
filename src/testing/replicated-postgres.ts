import { rm } from 'node:fs/promises';
import type { Guardian } from './guardian.js';
import type { PostgresConnection, PostgresServer, PostgresServerOptions } from './postgres-server.js';
import { PostgresSlave } from './postgres-slave.js';
import { replayTarget } from '../freshness/position.js';
import { ReplicatedPostgresError } from './replicated-postgres.error.js';
import type { ResolvedOptions } from './resolve-options.js';
import type { RunFolder } from './run-folder.js';
import { checkServerName } from './server-name.js';
import { backUpMaster, copyAtRest, makeSlave, type SlaveDataOptions } from './slave-data.js';
import { waitUntil } from './wait-until.js';

export interface ReplicatedPostgresParts {
  readonly folder: RunFolder;
  readonly guardian: Guardian;
  readonly binaries: string;
  readonly login: Omit<PostgresConnection, 'host' | 'port'>;
  readonly options: ResolvedOptions;
}

/** A master and its slaves, with real streaming replication between them. */
export class ReplicatedPostgres {
  /** The server that was the master at the start, whatever was promoted since. */
  readonly master: PostgresServer;
  private readonly slavesByName: Record<string, PostgresSlave> = {};
  private current: PostgresServer;
  private stopping: Promise<void> | undefined;

  /** @internal */
  constructor(private readonly parts: ReplicatedPostgresParts) {
    this.master = this.createServer('master', undefined);
    this.current = this.master;
  }

  /** By name, those attached later and those promoted too. */
  get slaves(): Readonly<Record<string, PostgresSlave>> {
    return this.slavesByName;
  }

  /** The server promoted last; before a promotion the same as `master`. */
  get currentMaster(): PostgresServer {
    return this.current;
  }

  /** The same as `slaves[name]`, for those who must have it. */
  slave(name: string): PostgresSlave {
    const slave = this.slavesByName[name];
    if (slave) return slave;
    const known = Object.keys(this.slavesByName).join(', ') || 'none';
    throw new ReplicatedPostgresError('INVALID_OPTION', `no slave is called ${name}; there are: ${known}`);
  }

  /** Makes a slave of the current master from a backup of it, and returns when it has caught up. */
  async attachSlave(name: string): Promise<PostgresSlave> {
    this.mustNotBeStopped();
    checkServerName(name);
    if (this.slavesByName[name]) {
      throw new ReplicatedPostgresError(
        'INVALID_OPTION',
        `a slave is called ${name} already; choose another name`,
      );
    }
    const slave = this.addSlave(name);
    try {
      await this.build(slave);
      return slave;
    } catch (cause) {
      await slave.kill();
      delete this.slavesByName[name];
      throw cause;
    }
  }

  /**
   * Makes a server that another has replaced a slave of the current master, under its name and on its port, and returns
   * when it has caught up: an old master, say. Its data goes: it is made from a backup, which works however far it went its
   * own way (`pg_rewind` is not among npm's binaries).
   */
  async rebuild(server: PostgresServer): Promise<PostgresSlave> {
    this.mustNotBeStopped();
    if (!(server instanceof PostgresSlave) || server === this.current) {
      throw new ReplicatedPostgresError(
        'INVALID_OPTION',
        `${server.name} is the master; promote() another server first`,
      );
    }
    await server.stop();
    await rm(this.parts.folder.join(server.name), { recursive: true });
    await this.build(server);
    this.slavesByName[server.name] = server;
    return server;
  }

  /**
   * Waits until the slaves of the current master show all that it has written so far. Leaves out those that cannot get
   * there: down, frozen, paused, delayed, or following another master.
   */
  async caughtUp(slaves: readonly PostgresSlave[] = Object.values(this.slavesByName)): Promise<void> {
    const followers = slaves.filter(({ following }) => following === this.current);
    const [row] = await this.current.query<{ position: string; segment: string }>(
      `SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') AS position, setting AS segment
       FROM pg_settings WHERE name = 'wal_segment_size'`,
    );
    const target = replayTarget(BigInt(row?.position ?? 0), BigInt(row?.segment ?? 1));
    await Promise.all(followers.map((slave) => this.reaches(slave, target)));
  }

  /** Ends all servers, frozen ones too, and deletes their data. May be called again. */
  stop(): Promise<void> {
    this.stopping ??= this.stopAll();
    return this.stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** @internal Turns a fresh data folder of the master into a running replication. */
  async start(): Promise<void> {
    const { options } = this.parts;
    options.onProgress('starting the master');
    await this.master.start();
    await this.master.createDatabase(options.database);
    const slaves = options.slaves.map((name) => this.addSlave(name));
    await copyAtRest(
      this.master,
      slaves.map(({ name }) => this.slaveData(name)),
    );
    options.onProgress(`attaching ${slaves.length} slaves`);
    await Promise.all(slaves.map((slave) => this.join(slave)));
    options.onProgress('the slaves have caught up');
  }

  private addSlave(name: string): PostgresSlave {
    const slave = this.createServer(name, this.current);
    this.slavesByName[name] = slave;
    return slave;
  }

  private createServer(name: string, master: PostgresServer | undefined): PostgresSlave {
    const onPromoted = (server: PostgresServer) => {
      this.current = server;
    };
    return new PostgresSlave({ ...this.serverOptions(name), master, onPromoted });
  }

  private async build(slave: PostgresSlave): Promise<void> {
    await backUpMaster(this.slaveData(slave.name));
    await this.join(slave);
  }

  /** Starts it on a copy of the master's data. */
  private async join(slave: PostgresSlave): Promise<void> {
    await makeSlave(this.slaveData(slave.name));
    slave.rebuiltFrom(this.current);
    await slave.start();
    await this.caughtUp([slave]);
  }

  private serverOptions(name: string): PostgresServerOptions {
    const { folder, binaries, login, options } = this.parts;
    return {
      name,
      binaries,
      login,
      user: folder.user,
      timeoutMs: options.timeoutMs,
      dataFolder: folder.join(name),
      logFile: folder.join(`${name}.log`),
      clusterName: `${folder.token}.${name}`,
    };
  }

  private slaveData(name: string): SlaveDataOptions {
    const { folder } = this.parts;
    const masterFolder = folder.join(this.current.name);
    return { name, master: this.current, masterFolder, dataFolder: folder.join(name), user: folder.user };
  }

  private reaches(slave: PostgresSlave, target: bigint): Promise<true> {
    const what = `${slave.name} to catch up with ${this.current.name}`;
    const { timeoutMs } = this.parts.options;
    return waitUntil({ what, timeoutMs }, () => !slave.canAnswer || slave.hasReplayed(target));
  }

  private async stopAll(): Promise<void> {
    const servers = [...new Set([this.master, ...Object.values(this.slavesByName)])];
    const ended = await Promise.allSettled(servers.map((server) => server.end()));
    await this.parts.guardian.cleanUp();
    const failed = ended.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    if (failed.length > 0)
      throw new AggregateError(failed, 'not all servers could be stopped; look for postgres in ps');
  }

  private mustNotBeStopped(): void {
    if (this.stopping) {
      throw new ReplicatedPostgresError('STOPPED', 'this replication is stopped; start another one');
    }
  }
}
