import { stubEngines } from './stub-client.js';

let id = process.pid * 10_000;

/** What a query costs is measured on these, by name; each runs on any Knex. */
export const WORK = {
  'primary-key read': (db) => db('posts').where({ id: 1 }).first(),
  '20-row read': (db) => db('posts').where('id', '>', 1).orderBy('id').limit(20),
  'raw read': (db) => db.raw('select * from posts where id = ?', [1]),
  insert: (db) => db('posts').insert({ id: id++, version: 1 }),
  transaction: (db) => db.transaction((trx) => trx('posts').where({ id: 1 }).update({ version: 2 })),
};

export const WORKS = Object.keys(WORK);

/** Routing's options for engines behind stubs, or on the servers there are, and a bare Knex's for the engine that the work is for. */
export function optionsFor(work, servers, pool) {
  const engines = servers ? realEngines(servers) : stubEngines(2);
  const engine = work.endsWith('read') ? engines.slaves.slave1 : engines.master;
  return { bare: { client: engines.client, pool, ...engine }, routed: { ...engines, pool } };
}

function realEngines(servers) {
  const slaves = Object.entries(servers.slaves).map(([name, connection]) => [name, { connection }]);
  return { client: 'pg', master: { connection: servers.master }, slaves: Object.fromEntries(slaves) };
}

/** Throws where queries are not routed as they should be, such as when the stubs do not answer what routing asks by now. */
export async function assertRouted(routing, work) {
  const engines = [];
  const hear = ({ engine }) => engines.push(engine);
  routing.knex.on('query', hear);
  await routing.run(async () => {
    for (let times = 0; times < 4; times++) await WORK[work](routing.knex); // what it has seen comes into play
  });
  routing.knex.removeListener('query', hear);
  const astray = engines.find((engine) => work.endsWith('read') === (engine === 'master'));
  if (astray !== undefined) throw new Error(`${work} ran on ${astray}`);
}
