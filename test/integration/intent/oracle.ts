import pg from 'pg';

type Connection = pg.ClientConfig;

/** What a real slave makes of a statement. */
export interface OracleAnswer {
  /** It succeeded and left nothing behind: nobody can tell afterwards that it ran there. */
  readonly harmless: boolean;
  /** It answered with rows, as SELECT, VALUES, TABLE, SHOW and EXPLAIN do. */
  readonly query: boolean;
  /** The slave's error, or what was left behind. */
  readonly found: string;
  /** SQLSTATE of the error, `undefined` where it succeeded. */
  readonly code: string | undefined;
}

/**
 * All that a session can have: advisory locks, and outside a transaction any but the looker's own; prepared statements,
 * cursors, channels, temporary objects, settings (not those that come with a library when it is first used), another user,
 * an open transaction, a transaction id.
 */
const STATE = `
SELECT json_build_array(
  (SELECT coalesce(json_agg(locktype || mode || coalesce(objid, 0)), '[]') FROM pg_locks
    WHERE pid = pg_backend_pid() AND locktype NOT IN ('virtualxid', 'relation')),
  (SELECT count(*) FROM pg_prepared_statements), (SELECT count(*) FROM pg_cursors),
  (SELECT count(*) FROM pg_listening_channels()), pg_my_temp_schema()::int,
  (SELECT md5(string_agg(name || '=' || coalesce(setting, ''), ',' ORDER BY name)) FROM pg_settings WHERE source <> 'default'),
  current_setting('app.tenant', true), current_user, session_user,
  now() = statement_timestamp(), pg_current_xact_id_if_assigned()::text
)::text AS state`;

const QUERY_TAGS = new Set(['SELECT', 'SHOW', 'EXPLAIN']);

/** Runs statements on a slave in two sessions: one that is read-only as ours are, and a plain one, inside a transaction. */
export class SlaveOracle {
  private constructor(
    private readonly readOnly: ProbedSession,
    private readonly plain: ProbedSession,
  ) {}

  static async start(slave: Connection): Promise<SlaveOracle> {
    const options = '-c statement_timeout=5s -c lock_timeout=2s';
    const readOnly = await ProbedSession.start({
      ...slave,
      options: `${options} -c default_transaction_read_only=on`,
    });
    return new SlaveOracle(readOnly, await ProbedSession.start({ ...slave, options }));
  }

  async ask(sql: string): Promise<OracleAnswer> {
    const alone = await this.readOnly.run(sql);
    const inside = await this.plain.runInTransaction(sql);
    const worse = alone.because === '' ? inside : alone;
    return {
      harmless: worse.because === '',
      query: alone.tag !== undefined && QUERY_TAGS.has(alone.tag),
      found: worse.because,
      code: worse.code,
    };
  }

  async end(): Promise<void> {
    await Promise.all([this.readOnly.end(), this.plain.end()]);
  }
}

export interface Ran {
  readonly because: string;
  readonly code: string | undefined;
  readonly tag: string | undefined;
}

/** A session whose state is compared before and after; it is replaced where something was left. */
export class ProbedSession {
  private client: pg.Client;
  private before = '';
  private beforeInTransaction = '';

  private constructor(private readonly connection: Connection) {
    this.client = new pg.Client(connection);
  }

  static async start(connection: Connection): Promise<ProbedSession> {
    const session = new ProbedSession(connection);
    await session.connect();
    return session;
  }

  async run(sql: string): Promise<Ran> {
    const ran = await this.attempt(sql);
    return this.withLeftovers(ran, await this.state(), this.before);
  }

  async runInTransaction(sql: string): Promise<Ran> {
    await this.client.query('BEGIN');
    const ran = await this.attempt(sql);
    const inside =
      ran.because === '' ? this.withLeftovers(ran, await this.state(), this.beforeInTransaction) : ran;
    await this.client.query('ROLLBACK').catch(() => undefined);
    return this.withLeftovers(await inside, await this.state(), this.before);
  }

  end(): Promise<void> {
    return this.client.end();
  }

  private async connect(): Promise<void> {
    this.client = new pg.Client(this.connection);
    this.client.on('error', () => undefined);
    await this.client.connect();
    await this.client.query('DO $$ BEGIN END $$'); // the language's own settings come with its first use
    this.before = await this.state();
    await this.client.query('BEGIN');
    this.beforeInTransaction = await this.state();
    await this.client.query('ROLLBACK');
  }

  private async attempt(sql: string): Promise<Ran> {
    try {
      const result = (await this.client.query(sql)) as pg.QueryResult | pg.QueryResult[];
      return { because: '', code: undefined, tag: Array.isArray(result) ? undefined : result.command };
    } catch (error) {
      return {
        because: (error as Error).message,
        code: (error as { code?: string }).code ?? 'none',
        tag: undefined,
      };
    }
  }

  private async withLeftovers(ran: Ran, state: string, expected: string): Promise<Ran> {
    if (state === expected) return ran;
    await this.end().catch(() => undefined);
    await this.connect();
    return { ...ran, because: ran.because || `it left ${state} where ${expected} was` };
  }

  /** A session that can't say is one with something left. */
  private async state(): Promise<string> {
    try {
      const { rows } = await this.client.query<{ state: string }>(STATE);
      return rows[0]?.state ?? '';
    } catch (error) {
      return String(error);
    }
  }
}
