import type { Knex } from 'knex';

/** One sort of thing that migrations make, change and drop, while it is read. `n` makes its name. */
export interface Kind {
  /** SQL of one migration each. It is read from the first on. */
  readonly steps: (n: number) => readonly string[];
  readonly drop: (n: number) => string;
  readonly read: (knex: Knex, n: number) => PromiseLike<unknown>;
}

/** Leaves a lock and a setting on whatever connection calls it, and writes nothing that a slave would refuse. */
const LEAVES = `perform pg_try_advisory_lock(4711); perform set_config('check.left', 'a setting', false);`;

/** What must be there before the first migration. */
export const SCHEMA = `
create table base (id int);
insert into base values (1);
create function leaves() returns int language plpgsql volatile as $$begin ${LEAVES} return 1; end$$;`;

const func = (n: number, volatility: string, body: string) =>
  `create or replace function f_${n}() returns int language plpgsql ${volatility} as $$begin ${body} return 1; end$$`;

const KINDS_BY_NAME = {
  table: {
    steps: (n) => [`create table t_${n} (id int); insert into t_${n} values (${n})`],
    drop: (n) => `drop table t_${n}`,
    read: (knex, n) => knex(`t_${n}`).select('id'),
  },
  column: {
    steps: (n) => [`alter table base add column c_${n} int default ${n}`],
    drop: (n) => `alter table base drop column c_${n}`,
    read: (knex, n) => knex('base').select(`c_${n}`),
  },
  function: {
    steps: (n) => [func(n, 'stable', ''), func(n, 'volatile', LEAVES), func(n, 'stable', '')],
    drop: (n) => `drop function f_${n}()`,
    read: (knex, n) => knex.raw(`select f_${n}() as one`),
  },
  unlogged: {
    steps: (n) => [
      `create unlogged table u_${n} (id int)`,
      `alter table u_${n} set logged`,
      `alter table u_${n} set unlogged`,
    ],
    drop: (n) => `drop table u_${n}`,
    read: (knex, n) => knex(`u_${n}`).select('id'),
  },
  view: {
    steps: (n) => [
      `create view v_${n} as select id from base`,
      `create or replace view v_${n} as select leaves() as id`,
      `create or replace view v_${n} as select id from base where id > 0`,
    ],
    drop: (n) => `drop view v_${n}`,
    read: (knex, n) => knex(`v_${n}`).select('id'),
  },
} satisfies Record<string, Kind>;

export type KindName = keyof typeof KINDS_BY_NAME;
export const KINDS: Readonly<Record<KindName, Kind>> = KINDS_BY_NAME;
export const KIND_NAMES = Object.keys(KINDS) as readonly KindName[];
