import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import knex, { type Knex } from 'knex';
import { bounded } from '../../../src/context/consistency.js';
import { createDatabaseRouting } from '../../../src/create-database-routing.js';
import type { DatabaseRouting } from '../../../src/database-routing.js';
import { WriteOnSlaveError } from '../../../src/errors.js';
import type { DatabaseRoutingOptions } from '../../../src/options/database-routing-options.js';
import { missingPrograms } from '../../../scripts/common/proxies.js';
import { MariadbServer } from './mariadb-server.js';

const missing = missingPrograms('mariadbd', 'mariadb-install-db');
if (missing.length > 0)
  process.stderr.write(`skipped: tests with a real MariaDB, because there is no ${missing.join(', ')}\n`);
const describeWithMariadb = missing.length > 0 ? describe.skip : describe;

let master: MariadbServer;
let slave: MariadbServer;
/** Past the routing. They do not replicate, so each row tells who has taken it. */
let onMaster: Knex;
let onSlave: Knex;
let routing: DatabaseRouting | undefined;
let warnings: string[];

function start(options: Partial<DatabaseRoutingOptions> = {}): DatabaseRouting {
  return (routing = createDatabaseRouting({
    client: 'mysql2',
    log: { warn() {}, error() {}, debug() {}, deprecate() {} },
    master: { connection: master.url },
    slaves: { slave1: { connection: slave.url } },
    logger: { debug() {}, warn: (line) => warnings.push(line) },
    bookmark: { secret: 'x'.repeat(16) },
    ...options,
  }));
}

const rows = async () => [await onMaster('t').pluck('n'), await onSlave('t').pluck('n')];

describeWithMariadb('on MySQL and MariaDB', () => {
  beforeAll(async () => {
    [master, slave] = [await MariadbServer.start(), await MariadbServer.start()];
    [onMaster, onSlave] = [master, slave].map(({ url }) => knex({ client: 'mysql2', connection: url })) as [
      Knex,
      Knex,
    ];
  }, 60_000);

  beforeEach(async () => {
    warnings = [];
    for (const one of [onMaster, onSlave]) {
      await one.raw('drop table if exists t, made');
      await one.raw('create table t (n int)');
      await one.raw(
        'create or replace function sly() returns int modifies sql data begin insert into t values (7); return 7; end',
      );
    }
  });

  afterEach(async () => {
    await routing?.destroy();
    routing = undefined;
  });

  afterAll(async () => {
    await Promise.all([onMaster.destroy(), onSlave.destroy()]);
    await Promise.all([master.stop(), slave.stop()]);
  });

  it.each([
    'insert into t values (1)',
    '  /* by hand */ -- really\n  INSERT INTO t values (1)',
    '# a comment\nreplace into t values (1)',
  ])(
    'a write that its first word proves goes to the master, or is refused before it is sent: %s',
    async (sql) => {
      const one = start();
      await one.knex.raw(sql).usingEngine('slave1');
      await one.usingEngine('slave1', () => one.knex.raw(sql));
      for (const name of ['slave1', 'slave']) {
        const refused = one.usingEngine(name).raw(sql);
        expect(one.explain(one.usingEngine(name).raw(sql)).error).toBeInstanceOf(WriteOnSlaveError);
        await expect(refused).rejects.toBeInstanceOf(WriteOnSlaveError);
      }
      expect(await rows()).toEqual([[1, 1], []]);
    },
  );

  it('one that nothing told before is refused by the server, runs once on the master, and there from then on', async () => {
    const one = start();
    const call = () => one.knex.raw('select sly() as n').usingEngine('slave1');
    await call();
    expect(await rows()).toEqual([[7], []]);
    expect(warnings).toContainEqual(expect.stringContaining('Slave slave1 refused a write'));
    await call();
    expect(warnings.filter((line) => line.includes('refused a write'))).toHaveLength(1);
    expect(await rows()).toEqual([[7, 7], []]);
    await expect(one.usingEngine('slave1').raw('select sly() as m')).rejects.toBeInstanceOf(
      WriteOnSlaveError,
    );
    expect(await rows()).toEqual([[7, 7], []]);
  });

  it('every connection to a slave is read-only by the word of the server, after it the user’s own afterCreate', async () => {
    const opened: unknown[] = [];
    const afterCreate = (connection: unknown, done: (error: null, connection: unknown) => void) => {
      opened.push(connection);
      done(null, connection);
    };
    const one = start({ pool: { afterCreate } });
    expect(await one.run(() => one.knex('t').pluck('n'))).toEqual([]);
    expect(opened).toHaveLength(1);
    const direct = one.engines.get('slave1', 'the test').knex;
    await expect(direct('t').insert({ n: 1 })).rejects.toMatchObject({ errno: 1792 });
    await one.knex('t').insert({ n: 2 });
    expect(await rows()).toEqual([[2], []]);
  });

  it('raw SQL that nothing proves goes to the master, named or not, where a server would not refuse to write', async () => {
    const one = start();
    Object.defineProperty(one.engines.get('slave1', 'the test'), 'refusesWrites', { value: false });
    const decided: string[] = [];
    one.events.on('decision', ({ engine, reason }) => decided.push(`${engine} ${reason}`));
    await one.knex.raw('select 1').usingEngine('slave1');
    await one.knex.raw('select 1').usingEngine('slave');
    expect(decided).toEqual(['master write', 'master write']);
    const named = one.usingEngine('slave1');
    await expect(named.raw('select 1')).rejects.toBeInstanceOf(WriteOnSlaveError);
    expect(one.explain(named.raw('select 1')).error).toBeInstanceOf(WriteOnSlaveError);
    expect(await named('t').pluck('n')).toEqual([]);
  });

  it('a bound is refused where a query has it, since no slave tells its lag', async () => {
    const one = start();
    const read = one.run(async () => one.knex('t').consistency(bounded(500)));
    await expect(read).rejects.toThrow('bounded(…) has no effect here');
  });
});
