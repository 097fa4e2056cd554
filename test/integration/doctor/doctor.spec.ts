import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, chown, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { missingPrograms, startHaproxy, startPgbouncer } from '../../../scripts/common/proxies.js';
import { type Diagnosis, type Finding, createDatabaseRouting } from '../../../src/index.js';
import type { DatabaseRoutingOptions } from '../../../src/options/database-routing-options.js';
import {
  type PostgresServer,
  type ReplicatedPostgres,
  startFaultProxy,
  startReplicatedPostgres,
} from '../../../src/testing/index.js';
import { eventually } from '../testing/eventually.js';

type Slaves = Record<string, { connection: object }>;

/** The doctor's own limit is five seconds; a busy machine is slower, so only a quiet one is held to it, by hand. */
const CLI = join(import.meta.dirname, '../../../dist/esm/cli.js');

let db: ReplicatedPostgres;
let other: ReplicatedPostgres;

beforeAll(async () => {
  [db, other] = await Promise.all([
    startReplicatedPostgres({ slaves: 2 }),
    startReplicatedPostgres({ slaves: 1 }),
  ]);
  await db.master.query("CREATE ROLE stranger LOGIN PASSWORD 'stranger'");
  await db.caughtUp();
});

afterAll(async () => {
  await Promise.all([db?.stop(), other?.stop()]);
});

const slave1 = () => db.slave('slave1');

/** A master and a slave, as the app would have them. */
function options(
  master: object = db.master.connection,
  slaves: Slaves = { slave1: slave1() },
): DatabaseRoutingOptions {
  return {
    client: 'pg',
    master: { connection: master },
    slaves: toConnections(slaves),
    logger: { debug() {}, warn() {} },
  };
}

function toConnections(slaves: Slaves): NonNullable<DatabaseRoutingOptions['slaves']> {
  return Object.fromEntries(Object.entries(slaves).map(([name, { connection }]) => [name, { connection }]));
}

async function diagnosisOf(of: DatabaseRoutingOptions, processes = 1): Promise<Diagnosis> {
  const routing = createDatabaseRouting(of);
  try {
    const diagnosis = await routing.doctor({ processes });
    took.push(diagnosis.tookMs);
    return diagnosis;
  } finally {
    await routing.destroy();
  }
}

/** What the doctor finds, as `engine: code`. */
async function found(of: DatabaseRoutingOptions = options(), processes?: number): Promise<string[]> {
  const { findings } = await diagnosisOf(of, processes);
  return findings.map(({ engine, code }) => `${engine}: ${code}`);
}

/** Does what a finding says, as one who pastes the line into psql. */
async function paste({ engine, remedy }: Finding): Promise<void> {
  const server = remedy.endsWith('-- on the master') || engine === 'master' ? db.master : db.slave(engine);
  for (const statement of remedy.replace(/ *--.*$/, '').split('; ')) await server.query(statement);
}

const noOpenssl = missingPrograms('openssl').length > 0;
if (noOpenssl)
  console.warn('Skipped: openssl is missing, which makes a certificate; apt-get install brings it.');
const itWithOpenssl = noOpenssl ? it.skip : it;

/** Self-signed, where the server looks for it, and for its user alone. */
async function haveCertificate(server: PostgresServer): Promise<void> {
  const [row] = await server.query<{ folder: string }>("SELECT current_setting('data_directory') AS folder");
  const [key, certificate] = [join(row!.folder, 'server.key'), join(row!.folder, 'server.crt')];
  const made = [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=slave1',
    '-keyout',
    key,
    '-out',
    certificate,
  ];
  execFileSync('openssl', made, { stdio: 'ignore' });
  const { uid, gid } = await stat(row!.folder);
  for (const file of [key, certificate]) {
    await chown(file, uid, gid);
    await chmod(file, 0o600);
  }
}

const took: number[] = [];
afterAll(() => {
  const sorted = took.toSorted((a, b) => a - b);
  console.info(`${took.length} examinations took ${sorted.map((ms) => (ms / 1000).toFixed(1)).join(', ')} s`);
});

const to = (connection: object, more: object = {}) => ({ connection: { ...connection, ...more } });

describe('the doctor', () => {
  const undo: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const one of undo.splice(0).toReversed()) await one();
    await db.caughtUp();
  });

  it('finds nothing on a sound master and its slaves', async () => {
    expect(await found(options(undefined, { slave1: slave1(), slave2: db.slave('slave2') }))).toEqual([]);
  });

  it.each<[string, () => DatabaseRoutingOptions]>([
    [
      'no-such-host',
      () => options(undefined, { slave1: to(slave1().connection, { host: 'nowhere.invalid' }) }),
    ],
    ['nothing-listens', () => options(undefined, { slave1: to(slave1().connection, { port: 1 }) })],
    [
      'no-such-database',
      () => options(undefined, { slave1: to(slave1().connection, { database: 'nowhere' }) }),
    ],
    [
      'login-refused',
      () => options(undefined, { slave1: to(slave1().connection, { user: 'nobody_of_that_name' }) }),
    ],
    ['slave-is-master', () => options(undefined, { slave1: db.master })],
    ['other-system', () => options(undefined, { slave1: other.slave('slave1') })],
    [
      'statistics-refused',
      () =>
        options(undefined, { slave1: to(slave1().connection, { user: 'stranger', password: 'stranger' }) }),
    ],
  ])('names %s', async (code, of) => {
    expect(await found(of())).toEqual([`slave1: ${code}`]);
  });

  it('names a wrong password', async () => {
    const login = { user: 'stranger', password: 'not the one' };
    expect(await found(options(undefined, { slave1: to(slave1().connection, login) }))).toEqual([
      'slave1: login-refused',
    ]);
  });

  it('names a slave that takes writes of its own', async () => {
    await other.slave('slave1').promote();
    expect(await found(options(other.master.connection, { slave1: other.slave('slave1') }))).toEqual([
      'slave1: writable-slave',
    ]);
  });

  it('names a server that nobody can connect to, and one that is mute', async () => {
    await using proxy = await startFaultProxy(slave1().connection);
    await proxy.blackHole({ accepts: false });
    expect(await found(options(undefined, { slave1: proxy }))).toEqual(['slave1: no-answer']);
    await proxy.heal();
    await proxy.blackHole();
    expect(await found(options(undefined, { slave1: proxy }))).toEqual(['slave1: no-answer']);
  });

  it('says so where a server is too slow for all questions, and finds nothing that it was not told', async () => {
    await using proxy = await startFaultProxy(slave1().connection);
    proxy.latencyMs = 250;
    expect(await found(options(undefined, { slave1: proxy }))).toEqual(['slave1: answers-late']);
  });

  it('names a login that has no connection left, and that its pool does not fit', async () => {
    await db.master.query("CREATE ROLE few LOGIN PASSWORD 'few' CONNECTION LIMIT 2");
    await db.master.query('GRANT pg_read_all_stats TO few');
    undo.push(() => db.master.query('DROP ROLE few'));
    await db.caughtUp();
    const few = to(slave1().connection, { user: 'few', password: 'few' });
    const { findings } = await diagnosisOf(options(undefined, { slave1: few }));
    expect(findings.map(({ code }) => code)).toEqual(['no-connection-left', 'too-many-connections']);
    await paste(findings[0]!);
    await db.caughtUp();
    expect(await found(options(undefined, { slave1: few }))).toEqual([]);
  });

  it('names a login that may not ask what probes ask', async () => {
    await db.master.query('REVOKE EXECUTE ON FUNCTION pg_postmaster_start_time() FROM PUBLIC');
    undo.push(() => db.master.query('GRANT EXECUTE ON FUNCTION pg_postmaster_start_time() TO PUBLIC'));
    await db.caughtUp();
    const login = to(slave1().connection, { user: 'stranger', password: 'stranger' });
    expect(await found(options(undefined, { slave1: login }))).toEqual(['slave1: probes-refused']);
  });

  it('names a database of the same server that is another', async () => {
    await db.master.query('CREATE DATABASE elsewhere');
    undo.push(() => db.master.query('DROP DATABASE elsewhere'));
    await db.caughtUp();
    expect(
      await found(options(undefined, { slave1: to(slave1().connection, { database: 'elsewhere' }) })),
    ).toEqual(['slave1: other-database']);
  });

  it('names a master that is a slave', async () => {
    const { connection } = slave1();
    expect(await found(options(connection, { slave1: slave1() }))).toContain('master: master-in-recovery');
  });

  it.each<[string, Record<string, string | number>]>([
    ['setting-differs', { TimeZone: 'Asia/Tokyo' }],
    ['setting-differs', { default_transaction_isolation: 'repeatable read' }],
    ['setting-differs', { search_path: 'elsewhere' }],
    ['setting-differs', { standard_conforming_strings: 'off' }],
    ['statement-timeout', { statement_timeout: '300ms' }],
    ['idle-timeout', { idle_session_timeout: '3s' }],
    ['replay-delayed', { recovery_min_apply_delay: 1 }],
  ])('names %s of a slave with %j', async (code, settings) => {
    await slave1().configure(settings);
    undo.push(() =>
      slave1().configure(Object.fromEntries(Object.keys(settings).map((name) => [name, null]))),
    );
    expect(await found()).toEqual([`slave1: ${code}`]);
  });

  it('names synchronous_commit that is off', async () => {
    await db.master.configure({ synchronous_commit: 'off' });
    undo.push(() => db.master.configure({ synchronous_commit: null }));
    expect(await found()).toEqual(['master: synchronous-commit-off']);
  });

  it('names a read that is long where feedback is off, and nothing where it is on', async () => {
    await slave1().configure({ max_standby_streaming_delay: '1s' });
    undo.push(() => slave1().configure({ max_standby_streaming_delay: null }));
    let end = () => {};
    const ended = new Promise<void>((resolve) => (end = resolve));
    const reading = slave1().inSession(async (query) => {
      await query('BEGIN ISOLATION LEVEL REPEATABLE READ');
      await query('SELECT count(*), pg_sleep(0.6) FROM pg_class WHERE oid = 1259');
      await ended;
    });
    await eventually(async () => expect(await found()).toEqual(['slave1: feedback-off']));
    await slave1().configure({ hot_standby_feedback: 'on' });
    undo.push(() => slave1().configure({ hot_standby_feedback: null }));
    expect(await found()).toEqual([]);
    end();
    await reading;
  });

  it('names grants that are missing', async () => {
    const login = { user: 'stranger', password: 'stranger' };
    const revoked = [
      'SELECT ON pg_catalog.pg_proc',
      'EXECUTE ON FUNCTION pg_is_wal_replay_paused()',
      'EXECUTE ON FUNCTION pg_control_system()',
      'EXECUTE ON FUNCTION pg_last_wal_replay_lsn()',
    ];
    for (const one of revoked) {
      await db.master.query(`REVOKE ${one} FROM PUBLIC`);
      undo.push(() => db.master.query(`GRANT ${one} TO PUBLIC`));
    }
    await db.caughtUp();
    const codes = await found(options(undefined, { slave1: to(slave1().connection, login) }));
    expect(codes.toSorted()).toEqual(
      [
        'functions-refused',
        'identity-refused',
        'positions-refused',
        'replay-refused',
        'statistics-refused',
      ].map((code) => `slave1: ${code}`),
    );
  });

  it('names pools that are too many for the server', async () => {
    expect(await found(options(), 20)).toEqual([
      'master: too-many-connections',
      'slave1: too-many-connections',
    ]);
  });

  it('names replay that is paused, and what was not replayed', async () => {
    await slave1().pause();
    undo.push(() => slave1().resume());
    await db.master.query('CREATE TABLE IF NOT EXISTS noise (text text)');
    await db.master.query("INSERT INTO noise SELECT repeat('x', 100) FROM generate_series(1, 1000)");
    await eventually(async () =>
      expect(await found()).toEqual(['slave1: replay-paused', 'slave1: lag-not-replayed']),
    );
  });

  it('names a slave that gets nothing', async () => {
    await slave1().configure({ primary_conninfo: 'host=127.0.0.1 port=1' });
    undo.push(() => slave1().follow(db.master));
    await db.master.query('CREATE TABLE IF NOT EXISTS noise (text text)');
    await db.master.query("INSERT INTO noise SELECT repeat('x', 100) FROM generate_series(1, 1000)");
    await eventually(async () =>
      expect(await found()).toEqual(['slave1: not-receiving', 'slave1: lag-not-sent']),
    );
  });

  it('names a slave of a slave', async () => {
    const slave2 = db.slave('slave2');
    await slave2.follow(slave1());
    undo.push(() => slave2.follow(db.master));
    await eventually(async () =>
      expect(await found(options(undefined, { slave1: slave1(), slave2 }))).toEqual([
        'slave2: slave-of-slave',
      ]),
    );
  });

  it('names a slave of a slave that is not configured', async () => {
    const slave2 = db.slave('slave2');
    await slave2.follow(slave1());
    undo.push(() => slave2.follow(db.master));
    await eventually(async () =>
      expect(await found(options(undefined, { slave2 }))).toEqual(['slave2: slave-of-slave']),
    );
  });

  it('says what the app has to change where its URLs set what differs', async () => {
    const of = to(slave1().connection, { options: '-c TimeZone=Asia/Tokyo -c statement_timeout=300' });
    const { findings } = await diagnosisOf(options(undefined, { slave1: of }));
    expect(findings.map(({ code, remedy }) => [code, remedy])).toEqual([
      ['setting-differs', 'Give master and slaves the same searchPath, and the same options in their URLs'],
      ['statement-timeout', "statement_timeout: 5000  // in this engine's connection"],
    ]);
  });

  it('prints remedies that mend what they are for', async () => {
    await db.master.query(`CREATE ROLE "my-app" LOGIN PASSWORD 'my-app'`);
    undo.push(async () => {
      await db.master.query('DROP OWNED BY "my-app"');
      await db.master.query('DROP ROLE "my-app"');
    });
    const differing = {
      search_path: 'elsewhere',
      TimeZone: 'Asia/Tokyo',
      statement_timeout: '300ms',
      idle_session_timeout: '3s',
      recovery_min_apply_delay: 1,
    };
    await slave1().configure(differing);
    undo.push(() =>
      slave1().configure(Object.fromEntries(Object.keys(differing).map((name) => [name, null]))),
    );
    await db.master.configure({ synchronous_commit: 'off' });
    undo.push(() => db.master.configure({ synchronous_commit: null }));
    const revoked = [
      'SELECT ON pg_catalog.pg_proc',
      'EXECUTE ON FUNCTION pg_is_wal_replay_paused()',
      'EXECUTE ON FUNCTION pg_control_system()',
      'EXECUTE ON FUNCTION pg_last_wal_replay_lsn()',
    ];
    for (const one of revoked) {
      await db.master.query(`REVOKE ${one} FROM PUBLIC`);
      undo.push(() => db.master.query(`GRANT ${one} TO PUBLIC`));
    }
    await db.caughtUp();
    const of = options(undefined, {
      slave1: to(slave1().connection, { user: 'my-app', password: 'my-app' }),
    });
    const { findings } = await diagnosisOf(of);
    expect(findings.map(({ code }) => code).toSorted()).toEqual([
      'functions-refused',
      'identity-refused',
      'idle-timeout',
      'positions-refused',
      'replay-delayed',
      'replay-refused',
      'setting-differs',
      'statement-timeout',
      'statistics-refused',
      'synchronous-commit-off',
    ]);
    for (const finding of findings) await paste(finding);
    await db.caughtUp();
    await eventually(async () => expect(await found(of)).toEqual([]));
  });

  it('names replay that comes in bursts', async () => {
    await db.master.query('CREATE TABLE IF NOT EXISTS noise (text text)');
    const end = new AbortController();
    const bursts = (async () => {
      while (!end.signal.aborted) {
        await slave1().pause();
        for (let n = 0; n < 12 && !end.signal.aborted; n++) {
          await db.master.query("INSERT INTO noise VALUES ('x')");
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        await slave1().resume();
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    })();
    await eventually(async () => expect(await found()).toContain('slave1: replay-in-bursts'));
    end.abort();
    await bursts;
  });

  itWithOpenssl('names TLS that one engine has and the other has not', async () => {
    await haveCertificate(slave1());
    await slave1().configure({ ssl: 'on' });
    undo.push(() => slave1().configure({ ssl: null }));
    const ssl = { rejectUnauthorized: false };
    expect(await found(options(undefined, { slave1: to(slave1().connection, { ssl }) }))).toEqual([
      'slave1: tls-differs',
    ]);
  });
});

const missing = missingPrograms('pgbouncer', 'haproxy');
if (missing.length > 0)
  console.warn(`Skipped: ${missing.join(' and ')} missing, apt-get install brings them.`);
const describeWithPrograms = missing.length > 0 ? describe.skip : describe;

describeWithPrograms('the doctor before what stands between', () => {
  it('names a balancer and a pooler', async () => {
    const [haproxy, ofAll, pgbouncer] = await Promise.all([
      startHaproxy([slave1().connection, db.slave('slave2').connection]),
      startHaproxy([db.master.connection, slave1().connection]),
      startPgbouncer(slave1().connection),
    ]);
    const balanced = to(slave1().connection, { port: haproxy.port });
    const pooled = to(slave1().connection, { host: '127.0.0.1', port: pgbouncer.port });
    expect(await found(options(undefined, { balanced, pooled }))).toEqual([
      'balanced: balanced',
      'pooled: pooled',
    ]);
    const toAll = to(db.master.connection, { port: ofAll.port });
    expect(await found(options(toAll.connection, { slave1: slave1() }))).toEqual([
      'master: master-in-recovery',
      'master: balanced',
    ]);
    await Promise.all([haproxy.stop(), ofAll.stop(), pgbouncer.stop()]);
  });
});

describe('the command', () => {
  async function run(args: string[], env: NodeJS.ProcessEnv = {}): Promise<{ code: unknown; out: string }> {
    if (!existsSync(CLI)) throw new Error('The package is not built: npm run build');
    const child = spawn(process.execPath, [CLI, ...args], { env: { PATH: process.env['PATH'], ...env } });
    let out = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text: Buffer) => (out += text.toString()));
    const [code] = await once(child, 'close');
    return { code, out };
  }

  it('takes the environment, and ends with 0 where all is sound', async () => {
    const env = { DATABASE_MASTER_URL: db.master.url, DATABASE_SLAVES_SLAVE1_URL: slave1().url };
    const { code, out } = await run(['doctor'], env);
    expect(out).toMatch(/^master {2}sound {2}\(master, 127\.0\.0\.1:\d+\/postgres\)$/m);
    expect(out).toMatch(/^0 problems, 0 warnings, 0 notes in [\d.]+ s$/m);
    expect(code).toBe(0);
  });

  it('takes URLs, ends with 2 for a problem, and never shows a password', async () => {
    const { code, out } = await run([
      'doctor',
      '--master',
      db.master.url,
      '--slave',
      `reports=${db.master.url}`,
    ]);
    expect(out).toContain('[slave-is-master]');
    expect(out).toContain('reports  problem');
    expect(out).not.toContain(db.master.connection.password);
    expect(code).toBe(2);
  });

  it('never shows the password of a URL that is none', async () => {
    const args = ['doctor', '--master', db.master.url, '--slave', 'reports=postgres:/app:secret@h/d'];
    const { code, out } = await run(args);
    expect(out).toBe('--slave takes a URL, or NAME=URL; number 1 is neither\n');
    expect(code).toBe(2);
  });

  it('ends with 1 for a warning, and prints JSON', async () => {
    const args = [
      'doctor',
      '--json',
      '--processes',
      '20',
      '--master',
      db.master.url,
      '--slave',
      slave1().url,
    ];
    const { code, out } = await run(args);
    expect(JSON.parse(out)).toMatchObject({
      engines: [{ name: 'master', verdict: 'warning' }, { name: 'slave1' }],
      findings: [{ code: 'too-many-connections' }, { code: 'too-many-connections' }],
    });
    expect(code).toBe(1);
  });

  it.each([
    [[], {}, 'nestjs-database-routing doctor [options]'],
    [['doctor'], {}, 'Nothing says where the master is'],
    [['doctor', '--slave', 'x'], {}, '--slave needs --master'],
    [
      [
        'doctor',
        '--master',
        'postgres://h/d',
        '--slave',
        'postgres://a/d',
        '--slave',
        'slave1=postgres://b/d',
      ],
      {},
      'Two slaves are called slave1',
    ],
    [
      ['doctor', '--processes', 'many'],
      { DATABASE_URL: 'postgres://a' },
      '--processes must be a number from 1',
    ],
    [['doctor', '--what'], {}, "Unknown option '--what'"],
  ])('says what is wrong with %j', async (args, env, message) => {
    const { code, out } = await run(args, env);
    expect(out).toContain(message);
    expect(code).toBe(2);
  });
});
