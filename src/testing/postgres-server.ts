import pg from 'pg';
import { alterSystem } from './alter-system.js';
import { freePort } from './free-port.js';
import { ReplicatedPostgresError } from './replicated-postgres.error.js';
import type { PostgresSetting } from './replicated-postgres.options.js';
import { ServerProcess, type ServerProcessOptions } from './server-process.js';
import { waitUntil } from './wait-until.js';

/** Not by name: the older versions of pg are CommonJS, whose names Node does not see. */
// oxlint-disable-next-line import/no-named-as-default-member
const { Client, escapeIdentifier } = pg;

/** What knex and pg take as `connection`. */
export interface PostgresConnection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** @internal Not pg's own type: users of this package need not have @types/pg. */
export type RunQuery = <Row extends object>(sql: string, params?: readonly unknown[]) => Promise<Row[]>;

export interface PostgresServerOptions extends ServerProcessOptions {
  readonly login: Omit<PostgresConnection, 'host' | 'port'>;
}

/** How often a server's first start tries another port. */
const PORT_ATTEMPTS = 10;
const MAINTENANCE_DATABASE = 'postgres';
/** serialization_failure: replay on a slave gets in the way of sessions and queries there, and ends them. */
const RECOVERY_CONFLICT = '40001';

/** One server of a replication. Its port stays the same for all its life. */
export class PostgresServer {
  readonly name: string;
  protected readonly timeoutMs: number;
  private readonly process: ServerProcess;
  private readonly login: PostgresServerOptions['login'];
  private port: number | undefined;

  /** @internal */
  constructor(options: PostgresServerOptions) {
    this.name = options.name;
    this.timeoutMs = options.timeoutMs;
    this.login = options.login;
    this.process = new ServerProcess(options);
  }

  /** A new object each time: Knex hides the password in the one that it gets. */
  get connection(): PostgresConnection {
    if (this.port === undefined) throw notStarted(this.name);
    return { host: '127.0.0.1', port: this.port, ...this.login };
  }

  get url(): string {
    const { host, port, user, password, database } = this.connection;
    return `postgres://${user}:${password}@${host}:${port}/${encodeURIComponent(database)}`;
  }

  /** Whether its processes are there, frozen or not. */
  get isRunning(): boolean {
    return this.process.isRunning;
  }

  /** @internal Whether a query would find it, and an answer: not while it starts. */
  get canAnswer(): boolean {
    return this.port !== undefined && this.process.isReady && !this.isFrozen;
  }

  get isFrozen(): boolean {
    return this.process.isFrozen;
  }

  /** Runs one statement on a connection of its own and returns the rows. */
  query<Row extends object = Record<string, unknown>>(
    sql: string,
    params: readonly unknown[] = [],
  ): Promise<Row[]> {
    return this.inSession((query) => query<Row>(sql, params));
  }

  /** Starts it when it is not running. */
  async start(): Promise<void> {
    if (this.isRunning) return;
    if (this.port !== undefined) return this.startAgain(this.port);
    for (let attempt = 0; attempt < PORT_ATTEMPTS; attempt++) {
      const port = await freePort();
      if ((await this.process.start(port)) !== 'ready') continue;
      this.port = port;
      return;
    }
    throw new ReplicatedPostgresError('START_FAILED', `${this.name} found no free port; look at its log()`);
  }

  /**
   * Changes settings of the running server (ALTER SYSTEM), and returns when new sessions have them; null undoes one. They
   * survive restarts. Not for those that take a restart, such as max_connections.
   */
  async configure(settings: Readonly<Record<string, PostgresSetting | null>>): Promise<void> {
    const before = await this.settingsLoadedAt();
    for (const [name, value] of Object.entries(settings)) await this.insist(alterSystem(name, value));
    await this.insist('SELECT pg_reload_conf()');
    // A session that begins after the reload is of the new time, and the server's own processes were told before.
    await this.waitFor('to reload', async () => (await this.settingsLoadedAt()) !== before);
  }

  /** Shuts it down: open connections are ended, the data stays. */
  stop(): Promise<void> {
    return this.process.stop();
  }

  /** Stops it, unless it is down already, and starts it. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** SIGKILL to all its processes, as when the machine's power goes. The data stays. */
  kill(): Promise<void> {
    return this.process.kill();
  }

  /** SIGSTOP to all its processes: connections stay open, new ones are accepted by the kernel, nothing answers. */
  freeze(): Promise<void> {
    return this.process.freeze();
  }

  unfreeze(): Promise<void> {
    return this.process.unfreeze();
  }

  /** @internal For good: the data goes too. */
  end(): Promise<void> {
    return this.process.end();
  }

  /** What it has written to its log so far. */
  log(): Promise<string> {
    return this.process.log();
  }

  /** @internal In a database that is always there, as the one in the connection settings is not yet. */
  async createDatabase(name: string): Promise<void> {
    if (name === MAINTENANCE_DATABASE) return;
    await this.inSession((query) => query(`CREATE DATABASE ${escapeIdentifier(name)}`), MAINTENANCE_DATABASE);
  }

  /** @internal For several statements that must share a connection. */
  async inSession<T>(work: (query: RunQuery) => Promise<T>, database = this.login.database): Promise<T> {
    const client = new Client({ ...this.connection, database, connectionTimeoutMillis: this.timeoutMs });
    // A killed server ends the connection; the query that was on its way reports it.
    client.on('error', () => undefined);
    await client.connect();
    try {
      return await work(async (sql, params = []) => (await client.query(sql, [...params])).rows);
    } finally {
      await client.end();
    }
  }

  protected waitFor<T>(what: string, ask: () => Promise<T | false | undefined>): Promise<T> {
    return waitUntil({ what: `${this.name} ${what}`, timeoutMs: this.timeoutMs }, ask);
  }

  private async settingsLoadedAt(): Promise<string | undefined> {
    const [row] = await this.insist<{ at: string }>('SELECT pg_conf_load_time()::text AS at');
    return row?.at;
  }

  /** Again where replay on a slave ends the session; for statements that may as well run twice. */
  private insist<Row extends object>(sql: string): Promise<Row[]> {
    return this.waitFor('to run without a recovery conflict', async () => {
      try {
        return await this.query<Row>(sql);
      } catch (cause) {
        if ((cause as { code?: unknown }).code !== RECOVERY_CONFLICT) throw cause;
        return undefined;
      }
    });
  }

  /** Clients know the port: where another process took it meanwhile, or a killed run's memory is held, wait for it. */
  private async startAgain(port: number): Promise<void> {
    await this.waitFor(
      `to get its port ${port} and its memory back`,
      async () => (await this.process.start(port)) === 'ready',
    );
  }
}

function notStarted(name: string): ReplicatedPostgresError {
  return new ReplicatedPostgresError(
    'NOT_RUNNING',
    `${name} was never started; await startReplicatedPostgres() first`,
  );
}
