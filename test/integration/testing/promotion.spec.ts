import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startReplicatedPostgres, type ReplicatedPostgres } from '../../../src/testing/index.js';

describe('a promotion', () => {
  let db: ReplicatedPostgres;

  beforeAll(async () => {
    db = await startReplicatedPostgres({ slaves: 2 });
    await db.master.query('CREATE TABLE events (name text)');
    await db.master.query("INSERT INTO events VALUES ('before')");
    await db.caughtUp();
  });

  afterAll(() => db.stop());

  it('makes a slave a master that takes writes, and leaves the old one alone', async () => {
    await db.master.kill();
    await db.slave('slave1').promote();
    await db.slave('slave1').query("INSERT INTO events VALUES ('promoted')");
    expect(db.currentMaster).toBe(db.slave('slave1'));
    expect(db.slave('slave1').following).toBeUndefined();
    expect(db.master.isRunning).toBe(false);
  });

  it('leaves the other slaves where they were until they are told to follow', async () => {
    await db.caughtUp();
    expect(await eventsOn('slave2')).toEqual(['before']);
    await db.slave('slave2').follow(db.currentMaster);
    await db.caughtUp();
    expect(await eventsOn('slave2')).toEqual(['before', 'promoted']);
  });

  it('lets a fresh slave join the new master while it is written to', async () => {
    const writes = Array.from({ length: 50 }, () =>
      db.currentMaster.query("INSERT INTO events VALUES ('meanwhile')"),
    );
    const slave = await db.attachSlave('slave3');
    await Promise.all(writes);
    await db.currentMaster.query("INSERT INTO events VALUES ('after')");
    await db.caughtUp();
    expect(db.slave('slave3')).toBe(slave);
    expect(await eventsOn('slave3')).toEqual(await eventsOn('slave1'));
    expect(await eventsOn('slave3')).toHaveLength(53);
  });

  it('gives the fresh slave the name under which its master knows it', async () => {
    const rows = await db.currentMaster.query<{ name: string }>(
      'SELECT application_name AS name FROM pg_stat_replication ORDER BY 1',
    );
    expect(rows.map(({ name }) => name)).toEqual(['slave2', 'slave3']);
  });

  it('does not hand on what was set on one server alone', async () => {
    await db.slave('slave1').query("ALTER SYSTEM SET work_mem = '5MB'");
    const slave = await db.attachSlave('slave4');
    const [row] = await slave.query("SELECT current_setting('work_mem') AS work_mem");
    expect(row).toEqual({ work_mem: '4MB' });
  });

  it('lets the old master come back as another master of its own', async () => {
    await db.master.restart();
    const rows = await db.master.query('SELECT name, pg_is_in_recovery() AS slave FROM events');
    expect(rows).toEqual([{ name: 'before', slave: false }]);
  });

  it('makes the old master a slave of the new one, whatever it wrote meanwhile, on its old port', async () => {
    const { port } = db.master.connection;
    await db.master.query("INSERT INTO events VALUES ('astray')");
    const slave = await db.rebuild(db.master);
    expect(slave).toBe(db.master);
    expect(slave.connection.port).toBe(port);
    expect(slave.following).toBe(db.slave('slave1'));
    expect(await eventsOn('master')).toEqual(await eventsOn('slave1'));
    await db.currentMaster.query("INSERT INTO events VALUES ('to all')");
    await db.caughtUp();
    expect(await eventsOn('master')).toContain('to all');
  });

  it('refuses to rebuild the master', async () => {
    await expect(db.rebuild(db.currentMaster)).rejects.toThrow(
      'slave1 is the master; promote() another server first',
    );
  });

  it('refuses a name that is taken', async () => {
    await expect(db.attachSlave('slave2')).rejects.toThrow(
      'a slave is called slave2 already; choose another name',
    );
  });

  async function eventsOn(slave: string): Promise<string[]> {
    const rows = await db.slave(slave).query<{ name: string }>('SELECT name FROM events ORDER BY ctid');
    return rows.map(({ name }) => name);
  }
});
