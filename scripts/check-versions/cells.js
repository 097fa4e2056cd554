/**
 * What is tried together, at most 24 cells: chosen so that 419 of the 486 possible pairs of two versions stand together in one. The
 * corners come first and run with each change; the rest at night.
 */

/** A version that stands for its line: the oldest that is promised, or the newest there is. */
const NODE = { 20: '20.19.0', 22: '22.23.3', 24: '24.21.0', 26: '26.10.0' };
const NEST = { 11.1: '~11.1.0', 11: '11', 12: '12' };
const KNEX = { '3.0': '3.0.1', 3.1: '3.1.0', 3.2: '3.2.10', 3.3: '3.3.0' };
const PG = { 8.11: '8.11.0', 8.16: '8.16.3', 8.23: '8.23.1' };
const POSTGRES = {
  13: '13.23.0-beta.16',
  14: '14.23.0-beta.17',
  15: '15.18.0-beta.17',
  16: '16.14.0-beta.17',
  17: '17.10.0-beta.17',
  18: '18.4.0-beta.17',
};
const TYPESCRIPT = { 5.5: '5.5.4', 5.8: '5.8.3', 5.9: '5.9.3', '6.0': '6.0.3' };

/** TypeScript's settings, and what package.json calls the app's files. */
const MODULES = {
  commonjs: { type: 'commonjs', compilerOptions: { module: 'commonjs', moduleResolution: 'node10' } },
  node16: { type: 'commonjs', compilerOptions: { module: 'node16' } },
  node18: { type: 'commonjs', compilerOptions: { module: 'node18' } },
  node20: { type: 'commonjs', compilerOptions: { module: 'node20' } },
  nodenext: { type: 'commonjs', compilerOptions: { module: 'nodenext' } },
  'nodenext, ESM': { type: 'module', compilerOptions: { module: 'nodenext' } },
  'node16, ESM': { type: 'module', compilerOptions: { module: 'node16' } },
  'bundler, ESM': { type: 'module', compilerOptions: { module: 'esnext', moduleResolution: 'bundler' } },
};

// prettier-ignore
const ROWS = [
['oldest',      20, 11.1, 'express', '3.0', 8.11, 13, 5.5,   'commonjs'],
  ['newest',      26, 12,   'fastify', 3.3,   8.23, 18, '6.0', 'nodenext, ESM'],
  ['template 11', 24, 11,   'express', 3.1,   8.23, 17, 5.9,   'nodenext'],
  ['bundler 12',  20, 12,   'express', 3.2,   8.16, 14, 5.9,   'bundler, ESM'],
  ['5',           22, 11.1, 'fastify', 3.1,   8.16, 16, 5.8,   'node18'],
  ['6',           24, 11,   'fastify', 3.2,   8.11, 15, '6.0', 'node16'],
  ['7',           26, 11,   'fastify', '3.0', 8.16, 14, 5.5,   'node16, ESM'],
  ['8',           22, 11,   'express', 3.3,   8.11, 18, 5.8,   'node16, ESM'],
  ['9',           22, 12,   'fastify', '3.0', 8.23, 13, 5.9,   'node20'],
  ['10',          26, 11.1, 'express', 3.2,   8.23, 15, 5.9,   'node18'],
  ['11',          20, 11.1, 'fastify', 3.3,   8.16, 17, '6.0', 'nodenext'],
  ['12',          24, 12,   'express', 3.3,   8.11, 16, 5.5,   'bundler, ESM'],
  ['13',          26, 12,   'express', 3.1,   8.11, 17, 5.8,   'nodenext, ESM'],
  ['14',          24, 11.1, 'express', 3.1,   8.11, 14, '6.0', 'node20'],
  ['15',          20, 11.1, 'express', 3.1,   8.16, 18, 5.5,   'node16'],
  ['16',          20, 11,   'fastify', 3.2,   8.23, 16, 5.8,   'node16, ESM'],
  ['17',          24, 11,   'fastify', '3.0', 8.16, 13, 5.8,   'commonjs'],
  ['18',          22, 11,   'express', 3.2,   8.16, 15, 5.5,   'nodenext, ESM'],
  ['19',          26, 11,   'fastify', 3.1,   8.23, 13, '6.0', 'bundler, ESM'],
  ['20',          24, 11,   'fastify', '3.0', 8.11, 18, 5.9,   'node18'],
  ['21',          26, 12,   'express', '3.0', 8.11, 15, 5.8,   'nodenext'],
  ['22',          22, 11.1, 'express', 3.3,   8.23, 14, 5.9,   'node16'],
  ['23',          22, 11.1, 'fastify', 3.2,   8.23, 17, 5.5,   'commonjs'],
  ['24',          26, 11,   'fastify', '3.0', 8.16, 16, '6.0', 'node20'],
];

/** @typedef {typeof CELLS[number]} Cell */
export const CELLS = ROWS.map(([name, node, nest, platform, knex, pg, postgres, typescript, modules]) => ({
  name,
  platform,
  labels: { node, nest, platform, knex, pg, postgres, typescript, modules },
  node: NODE[node],
  nest: NEST[nest],
  knex: KNEX[knex],
  pg: PG[pg],
  postgres: POSTGRES[postgres],
  typescript: TYPESCRIPT[typescript],
  modules: MODULES[modules],
}));

export const CORNERS = 2;
