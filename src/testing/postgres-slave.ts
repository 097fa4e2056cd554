import type { PostgresServer as Server } from './postgres-server.js';
import { PostgresServer, type PostgresServerOptions } from './postgres-server.js';
import { primaryConnectionInfo } from './primary-connection-info.js';

export interface PostgresSlaveOptions extends PostgresServerOptions {
  /** Undefined: it is a master, until it is rebuilt as a slave. */
  readonly master: Server | undefined;
  readonly onPromoted: (server: Server) => void;
}

/** A server that streams from a master, with what makes it lag. */
export class PostgresSlave extends PostgresServer {
  private current: Server | undefined;
  private readonly onPromoted: (server: Server) => void;

  /** @internal */
  constructor(options: PostgresSlaveOptions) {
    super(options);
    this.current = options.master;
    this.onPromoted = options.onPromoted;
  }

  /** Whom it streams from; `undefined` for a master. */
  get following(): Server | undefined {
    return this.current;
  }

  /** Stops replay, and returns when it has really stopped. It keeps receiving. A restart resumes. */
  async pause(): Promise<void> {
    await this.query('SELECT pg_wal_replay_pause()');
    await this.waitFor('to pause', async () => {
      const [row] = await this.query<{ state: string }>('SELECT pg_get_wal_replay_pause_state() AS state');
      return row?.state === 'paused';
    });
  }

  async resume(): Promise<void> {
    await this.query('SELECT pg_wal_replay_resume()');
  }

  /** Replays each commit so long after the master made it. 0 undoes it. Survives restarts. */
  async delay(ms: number): Promise<void> {
    await this.configure({ recovery_min_apply_delay: Math.round(ms) });
  }

  /** Makes it a master, and the one that `attachSlave` and `caughtUp` mean from now on. The old master is left alone. */
  async promote(): Promise<void> {
    await this.query('SELECT pg_promote(true, $1)', [Math.ceil(this.timeoutMs / 1000)]);
    await this.waitFor('to leave recovery', async () => {
      const [row] = await this.query<{ slave: boolean }>('SELECT pg_is_in_recovery() AS slave');
      return row?.slave === false;
    });
    this.current = undefined;
    this.onPromoted(this);
  }

  /** Streams from another master from now on, such as a promoted slave that was not behind this one. */
  async follow(master: Server): Promise<void> {
    await this.configure({ primary_conninfo: primaryConnectionInfo(master.connection, this.name) });
    this.current = master;
  }

  /** @internal Its data was made anew from that master's. */
  rebuiltFrom(master: Server): void {
    this.current = master;
  }

  /** @internal Whether it has replayed up to there, or is told to wait: paused or delayed. */
  async hasReplayed(position: bigint): Promise<boolean> {
    const [row] = await this.query<{ done: boolean }>(
      `SELECT coalesce(pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0') >= $1, false)
         OR pg_is_wal_replay_paused()
         OR (SELECT setting <> '0' FROM pg_settings WHERE name = 'recovery_min_apply_delay') AS done`,
      [String(position)],
    );
    return row?.done === true;
  }
}
