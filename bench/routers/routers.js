const MODULES = new Map([
  ['ours', './ours.js'],
  ['2253', './recipe-2253.js'],
  ['kysely', '../peers/kysely.js'],
  ['drizzle', '../peers/drizzle.js'],
  ['sequelize', '../peers/sequelize.js'],
  ['typeorm', '../peers/typeorm.js'],
  ['mikro-orm', '../peers/mikro-orm.js'],
]);

/** All that is compared, in the order of the tables. */
export const ROUTERS = [...MODULES.keys()];

/** Those that need packages of their own. */
export const PEERS = ROUTERS.filter((router) => MODULES.get(router).startsWith('../peers/'));

/** `{ name, packages, plain(connection), routed({ master, slaves }) }`: the library without and with its routing. */
export function routerNamed(router) {
  return import(MODULES.get(router));
}
