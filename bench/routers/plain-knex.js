import knex from 'knex';

export const SILENT = { warn() {}, error() {}, debug() {}, deprecate() {} };

export const knexTo = (connection) =>
  knex({ client: 'pg', connection: { ...connection }, pool: { min: 0, max: 10 }, log: SILENT });

export const readWith = (db, id) => db('seen_posts').where({ id }).first('id', 'version', 'port');
export const writeWith = (db, id, version) => db('posts').where({ id }).update({ version });

/** How a Knex looks to the benchmarks: `request` runs what one person asks for at once, `run` what nobody in particular does. */
export const accessOf = (db) => ({
  read: (id) => readWith(db, id),
  write: (id, version) => writeWith(db, id, version),
  request: (_person, work) => work(),
  run: (work) => work(),
});

export async function plainKnex(connection) {
  return accessOf(knexTo(connection));
}
