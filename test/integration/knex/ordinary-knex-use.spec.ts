import { afterAll, beforeAll, beforeEach, describe } from '@jest/globals';
import knex, { type Knex } from 'knex';
import pg from 'pg';
import { createDatabaseRouting } from '../../../src/create-database-routing.js';
import type { DatabaseRouting } from '../../../src/database-routing.js';
import type { DatabaseRoutingOptions } from '../../../src/options/database-routing-options.js';
import { type ReplicatedPostgres, startReplicatedPostgres } from '../../../src/testing/index.js';
import { ordinaryKnexUse } from './ordinary-knex-use/index.js';
import { type KnexUnderTest, createOrdinaryData } from './ordinary-knex-use/knex-under-test.js';

const log: Knex.Logger = { warn() {}, error() {}, deprecate() {}, debug() {} };

let db: ReplicatedPostgres;
let master: pg.Client;
/** A Knex that names an engine ends that engine's connections only. */
const routings: DatabaseRouting[] = [];

beforeAll(async () => {
  db = await startReplicatedPostgres({ slaves: 2, settings: { max_connections: 200 } });
  await createOrdinaryData(db);
  master = new pg.Client(db.master.connection);
  await master.connect();
});

/** Most tests leave no notes: for them one question is enough. */
beforeEach(async () => {
  const { rowCount } = await master.query('SELECT FROM notes LIMIT 1');
  if (rowCount === 0) return;
  await master.query('TRUNCATE notes');
  await db.caughtUp();
});

afterAll(async () => {
  await master.end();
  await Promise.all(routings.map((one) => one.destroy()));
  await db.stop();
});

function slaves() {
  return Object.fromEntries(Object.values(db.slaves).map(({ name, connection }) => [name, { connection }]));
}

/** A pool of the user's own is one engine's: here the master's. */
function routing({
  connectionPool,
  connection: _ofTheMaster,
  ...options
}: Partial<DatabaseRoutingOptions & Knex.Config>): DatabaseRouting {
  const made = createDatabaseRouting({
    client: 'pg',
    log,
    master: connectionPool ? { connectionPool } : { connection: db.master.connection },
    ...options,
  });
  routings.push(made);
  return made;
}

interface Made extends Pick<KnexUnderTest, 'knex' | 'run'> {
  ready?(): Promise<void>;
}

const inJob = (routed: DatabaseRouting, knexOf: (routed: DatabaseRouting) => Knex): Made => ({
  knex: knexOf(routed),
  run: (work) => routed.run(work),
  ready: () => routed.ready(),
});

const KNEXES: Record<string, (config: Partial<Knex.Config>) => Made> = {
  'a bare Knex on the master': (config) => ({
    knex: knex({ client: 'pg', log, connection: db.master.connection, ...config }),
    run: (work) => work(),
  }),
  'the routed Knex, in a job': (config) =>
    inJob(routing({ slaves: slaves(), ...config }), (routed) => routed.knex),
  'the Knex on the master': (config) =>
    inJob(routing({ slaves: slaves(), ...config }), (routed) => routed.usingEngine('master')),
  'the routed Knex without slaves': (config) => inJob(routing(config), (routed) => routed.knex),
};

describe.each(Object.entries(KNEXES))('ordinary Knex use on %s', (_name, make) => {
  const opened: Knex[] = [];
  let underTest: KnexUnderTest;

  async function create(config: Partial<Knex.Config>): Promise<Knex> {
    const made = make(config);
    opened.push(made.knex);
    await made.ready?.();
    return made.knex;
  }

  beforeAll(async () => {
    const { knex: one, run, ready } = make({});
    opened.push(one);
    await ready?.();
    underTest = { knex: one, run, create };
  });

  afterAll(() => Promise.all(opened.map((one) => one.destroy())));

  ordinaryKnexUse(() => underTest);
});
