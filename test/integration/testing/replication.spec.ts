import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import knex from 'knex';
import {
  startReplicatedPostgres,
  type PostgresServer,
  type ReplicatedPostgres,
} from '../../../src/testing/index.js';
import { eventually } from './eventually.js';
import { settledWithin } from './settled-within.js';

const HANGS_MS = 150;

describe('a replication', () => {
  let db: ReplicatedPostgres;

  beforeAll(async () => {
    db = await startReplicatedPostgres({
      slaves: ['near', 'far'],
      database: 'shop',
      settings: { max_connections: 60, hot_standby_feedback: true, 'app.greeting': "it's" },
    });
    await db.master.query('CREATE TABLE notes (id serial PRIMARY KEY, text text NOT NULL)');
  });

  beforeEach(async () => {
    await db.master.query('TRUNCATE notes');
    await db.caughtUp();
  });

  afterAll(() => db.stop());

  it('streams what the master writes to every slave', async () => {
    await write('hello');
    await db.caughtUp();
    expect(await textsOn(db.slave('near'))).toEqual(['hello']);
    expect(await textsOn(db.slave('far'))).toEqual(['hello']);
  });

  it('gives slaves that refuse to write', async () => {
    await expect(db.slave('near').query("INSERT INTO notes (text) VALUES ('no')")).rejects.toMatchObject({
      code: '25006',
    });
  });

  it('tells the master the names of its slaves', async () => {
    const rows = await db.master.query<{ name: string }>(
      'SELECT application_name AS name FROM pg_stat_replication',
    );
    expect(rows.map(({ name }) => name).toSorted()).toEqual(['far', 'near']);
  });

  it('applies the settings and the database that were asked for', async () => {
    for (const server of [db.master, db.slave('far')]) {
      const [row] = await server.query(
        "SELECT current_setting('max_connections') AS max, current_setting('app.greeting') AS hi, current_database() AS db",
      );
      expect(row).toEqual({ max: '60', hi: "it's", db: 'shop' });
    }
  });

  it('leaves synchronous_commit and full_page_writes as PostgreSQL has them', async () => {
    const rows = await db.master.query(
      "SELECT name, setting FROM pg_settings WHERE name IN ('synchronous_commit', 'full_page_writes') ORDER BY name",
    );
    expect(rows.map(({ setting }) => setting)).toEqual(['on', 'on']);
  });

  it('has connection settings and a URL that knex takes, more than once', async () => {
    const { connection, url } = db.slave('near');
    for (const setting of [connection, url, db.slave('near').connection]) {
      const client = knex({ client: 'pg', connection: setting });
      expect(await client.select(client.raw('pg_is_in_recovery() AS slave'))).toEqual([{ slave: true }]);
      await client.destroy();
    }
  });

  it('shows nothing new on a paused slave until it is resumed, and keeps the others going', async () => {
    await db.slave('near').pause();
    await write('while paused');
    await db.caughtUp();
    expect(await textsOn(db.slave('far'))).toEqual(['while paused']);
    expect(await textsOn(db.slave('near'))).toEqual([]);
    await db.slave('near').resume();
    await db.caughtUp();
    expect(await textsOn(db.slave('near'))).toEqual(['while paused']);
  });

  it('delays a slave, and undoes it at once', async () => {
    await db.slave('near').delay(60_000);
    await write('late');
    await db.caughtUp();
    expect(await textsOn(db.slave('far'))).toEqual(['late']);
    expect(await textsOn(db.slave('near'))).toEqual([]);
    await db.slave('near').delay(0);
    await db.caughtUp();
    expect(await textsOn(db.slave('near'))).toEqual(['late']);
  });

  it('keeps a delayed slave behind by that time', async () => {
    await db.slave('near').delay(400);
    const [written] = await write('400 ms later');
    while ((await textsOn(db.slave('near'))).length === 0);
    const [row] = await db.master.query<{ ms: number }>(
      'SELECT extract(epoch FROM clock_timestamp() - $1::timestamptz)::float * 1000 AS ms',
      [written?.at],
    );
    await db.slave('near').delay(0);
    expect(row?.ms).toBeGreaterThanOrEqual(400);
  });

  it('ends the connections to a killed slave, and brings it back on the same port with its data', async () => {
    const { port } = db.slave('near').connection;
    const cutOff = expect(db.slave('near').query('SELECT pg_sleep(60)')).rejects.toThrow();
    await db.slave('near').kill();
    expect(db.slave('near').isRunning).toBe(false);
    await cutOff;
    await expect(db.slave('near').query('SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await write('while it was dead');
    await db.caughtUp();
    await db.slave('near').restart();
    await db.caughtUp();
    expect(db.slave('near').connection.port).toBe(port);
    expect(await textsOn(db.slave('near'))).toEqual(['while it was dead']);
  });

  it('starts again once the memory of its killed run is free', async () => {
    const near = db.slave('near');
    const sleeping = near.query('SELECT pg_sleep(60)').catch(() => undefined);
    const child = await pidOf(near, 'SELECT pg_sleep(60)');
    process.kill(child, 'SIGSTOP');
    process.kill(parentOf(child), 'SIGKILL');
    await eventually(() => expect(near.isRunning).toBe(false));
    const started = near.start();
    expect(await settledWithin(started, HANGS_MS)).toBe(false);
    process.kill(child, 'SIGCONT');
    await started;
    await sleeping;
    expect(await textsOn(near)).toEqual([]);
  });

  it('changes settings of a running server, and undoes them', async () => {
    await db.master.configure({ work_mem: '5MB', 'app.greeting': "it's new" });
    expect(await settingNow('work_mem')).toBe('5MB');
    expect(await settingNow('app.greeting')).toBe("it's new");
    await db.master.configure({ work_mem: null, 'app.greeting': null });
    expect(await settingNow('work_mem')).toBe('4MB');
    expect(await settingNow('app.greeting')).toBe("it's");
  });

  it('changes settings of a slave also where replay ends the session', async () => {
    const conflict = Object.assign(new Error('conflict with recovery'), { code: '40001' });
    const query = jest.spyOn(db.slave('near'), 'query');
    for (let call = 0; call < 2; call++) query.mockRejectedValueOnce(conflict);
    await db.slave('near').delay(7);
    query.mockRestore();
    const [row] = await db.slave('near').query("SELECT current_setting('recovery_min_apply_delay') AS delay");
    expect(row).toEqual({ delay: '7ms' });
    await db.slave('near').delay(0);
  });

  it('waits for its port when another process took it meanwhile', async () => {
    const { port } = db.slave('near').connection;
    await db.slave('near').kill();
    const thief = createServer().listen(port, '127.0.0.1');
    await once(thief, 'listening');
    const restarted = db.slave('near').restart();
    expect(await settledWithin(restarted, HANGS_MS)).toBe(false);
    thief.close();
    await restarted;
    expect(await textsOn(db.slave('near'))).toEqual([]);
  });

  it('answers nothing while frozen, not even on connections that were there, and all of it after', async () => {
    const client = knex({ client: 'pg', connection: db.slave('far').connection, pool: { min: 0, max: 1 } });
    await client.raw('SELECT 1');
    await db.slave('far').freeze();
    const open = client.raw('SELECT 1').then(() => 'open');
    const fresh = db
      .slave('far')
      .query('SELECT 1')
      .then(() => 'fresh');
    expect(await settledWithin(Promise.race([open, fresh]), HANGS_MS)).toBe(false);
    expect(db.slave('far').isFrozen).toBe(true);
    await db.slave('far').unfreeze();
    expect(await Promise.all([open, fresh])).toEqual(['open', 'fresh']);
    await client.destroy();
  });

  it('does not wait for a frozen slave to catch up', async () => {
    await db.slave('far').freeze();
    await write('unseen');
    await db.caughtUp();
    await db.slave('far').unfreeze();
    await db.caughtUp();
    expect(await textsOn(db.slave('far'))).toEqual(['unseen']);
  });

  it('restarts a frozen slave', async () => {
    await db.slave('far').freeze();
    await db.slave('far').restart();
    expect(db.slave('far').isFrozen).toBe(false);
    await db.caughtUp();
    expect(await textsOn(db.slave('far'))).toEqual([]);
  });

  it('goes on when the master was stopped, killed or frozen and came back', async () => {
    await db.master.stop();
    await expect(db.master.query('SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(await textsOn(db.slave('near'))).toEqual([]);
    await db.master.restart();
    await write('after a stop');
    await db.master.kill();
    await db.master.restart();
    await write('after a kill');
    await db.master.freeze();
    await db.master.unfreeze();
    await write('after a freeze');
    await db.caughtUp();
    expect(await textsOn(db.slave('near'))).toEqual(['after a stop', 'after a kill', 'after a freeze']);
  });

  it('knows that a slave has caught up when the last record fills its page', async () => {
    await fillPage(db.master);
    await db.caughtUp();
    const [row] = await db
      .slave('near')
      .query("SELECT (pg_last_wal_replay_lsn() - '0/0')::int8 % 8192 AS in_page");
    expect(row).toEqual({ in_page: '0' });
  });

  it('refuses what only a running server can do, and says what to do', async () => {
    await db.slave('near').kill();
    await expect(db.slave('near').freeze()).rejects.toThrow(
      'cannot freeze near: it is not running; restart() it first',
    );
    await db.slave('near').restart();
  });

  it('names the slaves that there are when asked for another', () => {
    expect(() => db.slave('slave1')).toThrow('no slave is called slave1; there are: near, far');
  });

  async function settingNow(name: string): Promise<string | undefined> {
    const [row] = await db.master.query<{ value: string }>('SELECT current_setting($1) AS value', [name]);
    return row?.value;
  }

  async function write(text: string): Promise<Array<{ at: Date }>> {
    return db.master.query('INSERT INTO notes (text) VALUES ($1) RETURNING now() AS at', [text]);
  }
});

async function pidOf(server: PostgresServer, query: string): Promise<number> {
  for (;;) {
    const rows = await server.query<{ pid: number }>('SELECT pid FROM pg_stat_activity WHERE query = $1', [
      query,
    ]);
    if (rows[0]) return rows[0].pid;
  }
}

function parentOf(pid: number): number {
  return Number(spawnSync('ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8' }).stdout);
}

async function textsOn(server: PostgresServer): Promise<string[]> {
  const rows = await server.query<{ text: string }>('SELECT text FROM notes ORDER BY id');
  return rows.map(({ text }) => text);
}

/** Writes one record that ends exactly where a page ends; again, where another process of the server wrote in between. */
async function fillPage(server: PostgresServer): Promise<void> {
  const emit = `SELECT pg_logical_emit_message(false, 'x', repeat('x', $1))`;
  const position = async () => {
    const [row] = await server.query<{ at: string }>(
      "SELECT (pg_current_wal_insert_lsn() - '0/0')::int8 AS at",
    );
    return Number(row?.at);
  };
  for (;;) {
    const before = await position();
    await server.query(emit, [64]);
    const at = await position();
    const overhead = at - before - 64;
    const room = 8192 - (at % 8192);
    if (overhead < 0 || overhead > 80 || room < overhead) continue;
    await server.query(emit, [room - overhead]);
    if ((await position()) % 8192 === 24) return;
  }
}
