import type { Knex } from 'knex';
import { rejectWithoutSql } from './catalogue-changes.js';
import type { CatalogueRows } from './catalogue-rows.js';
import { REACHES } from './reach-question.js';

/** What a function that is not volatile may do for all that; of `pg_proc p` and `pg_language l`. */
const LOOKED_INTO = `p.oid >= 16384 and p.provolatile <> 'v' and p.prokind <> 'p' and l.lanname <> 'c'
    and (l.lanname <> 'internal' or p.prokind = 'a')`;

/**
 * An aggregate is called immutable whatever it calls, so its parts are looked at. Objects below oid 16384 are
 * PostgreSQL's own, whose views and defaults only read. What is temporary is there for one connection to the master alone, and
 * hides nothing from others.
 */
const READ_CATALOGUE = `
with recursive
parts as (
  select aggfnoid::oid as oid, bool_and(p.provolatile <> 'v') as stable, bool_and(p.provolatile = 'i') as immutable,
    string_agg(format('"%s"', replace(p.proname, '"', '""')), ' ' order by p.oid) as names
  from pg_aggregate a join pg_proc p on p.oid in
    (aggtransfn, aggfinalfn, aggcombinefn, aggserialfn, aggdeserialfn, aggmtransfn, aggminvtransfn, aggmfinalfn)
  group by aggfnoid
),
procs as (
  select p.oid, p.xmin, n.nspname, p.proname, p.prokind, p.proargtypes, p.pronargs, p.pronargdefaults, p.proargdefaults,
    p.prorettype, p.proallargtypes, p.provariadic <> 0 as takes_more,
    case when p.oid >= 16384 and l.lanname = 'c' then substring(p.probin from '([^/.]+)[^/]*$') || '.' || p.prosrc end as symbol,
    case when ${LOOKED_INTO} then case when p.prokind = 'a' then 'aggregate' else l.lanname end end as language,
    case when ${LOOKED_INTO} then case when p.prokind = 'a' then parts.names
      when p.prosrc = '' then pg_get_functiondef(p.oid) else p.prosrc end end as body,
    p.provolatile <> 'v' and p.prokind <> 'p' and coalesce(parts.stable, true) as stable,
    p.provolatile = 'i' and coalesce(parts.immutable, true) as immutable
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang
    left join parts on parts.oid = p.oid
  where n.nspname !~ '^pg_temp_'
),
not_on_slaves(oid) as (
  select oid from pg_class where relpersistence = 'u' or relkind = 'f'
  union
  select i.inhparent from not_on_slaves c join pg_inherits i on i.inhrelid = c.oid
),
relations as (
  select c.oid, n.nspname, c.relname, c.relkind, c.relrowsecurity,
    exists (select from not_on_slaves s where s.oid = c.oid) as master_only
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'm', 'S', 'v', 'f') and c.relpersistence <> 't' and n.nspname <> 'pg_toast'
),
locked as materialized (
  select relation as oid from pg_locks where locktype = 'relation' and mode = 'AccessExclusiveLock'
),
with_sql as (
  select r.*, exists (select from locked l where l.oid = r.oid or l.oid in
      (select d.refobjid from pg_depend d join pg_rewrite w on w.oid = d.objid where w.ev_class = r.oid and d.refclassid = 'pg_class'::regclass)) as locked
  from relations r
  where not r.master_only and ((r.relkind = 'v' and r.oid >= 16384) or (r.relrowsecurity and r.relkind in ('r', 'p')))
),
casts as (
  select c.castcontext = 'i' and c.castsource < 16384 and c.casttarget < 16384 as anywhere,
    c.castcontext = 'i' or (c.castsource >= 16384 and c.casttarget < 16384) as by_value,
    case when c.castsource >= 16384 and (c.castcontext = 'i' or c.casttarget < 16384) then c.castsource else c.casttarget end as oid
  from pg_cast c join pg_proc p on p.oid = c.castfunc where p.provolatile = 'v'
),
own_types as (
  select t.oid from pg_type t where t.oid >= 16384 and t.typtype in ('b', 'e', 'r', 'm') and t.typcategory <> 'S'
    and not exists (select from pg_cast c where c.casttarget = t.oid and c.castcontext = 'i')
),
system_operators as (
  select oprname, oprleft from pg_operator where oprnamespace = 'pg_catalog'::regnamespace and oprleft = oprright
),
-- operators for which there must be a value of one of these types: with any other a system operator of that name is meant
narrow as (
  select o.oid, a.type, p.provolatile = 'v' as volatile,
    case when p.prolang not in (select oid from pg_language where lanname in ('c', 'internal'))
      then format('select %s(NULL, NULL)', p.oid::regproc) end as call
  from pg_operator o join pg_proc p on p.oid = o.oprcode
    cross join lateral unnest(array[o.oprleft, o.oprright]) a(type)
  where a.type in (select oid from own_types)
    and exists (select from system_operators s where s.oprname = o.oprname and s.oprleft = 'text'::regtype)
    and not exists (select from unnest(array[o.oprleft, o.oprright]) b(type) where b.type not in (select oid from own_types)
      and not exists (select from system_operators s where s.oprname = o.oprname and s.oprleft = b.type))
),
-- whatever holds a value of such a type may run what is volatile, without a word of it
by_value as (
  select oid from casts where by_value and not anywhere
  union select type from narrow where volatile
  union select a.amproclefttype from pg_amproc a join pg_proc p on p.oid = a.amproc
    where p.provolatile = 'v' and a.amproclefttype in (select oid from own_types)
),
checked as (
  select oid, null as check from by_value
  union
  select type, call from narrow where not volatile and call is not null
  union all
  select c.contypid as oid, 'select ' || pg_get_expr(c.conbin, 0) as check
  from pg_constraint c where c.contypid <> 0 and c.conbin is not null and c.oid >= 16384
  union all
  select t.oid, null from pg_type t join pg_proc p on p.oid = t.typinput
  where p.provolatile = 'v' and t.oid >= 16384 and t.typtype <> 'd'
),
holding(seed, oid) as (
  select oid, oid from checked union select oid, oid from casts
  union
  select h.seed, t.oid from holding h join lateral (
    select oid from pg_type where typelem = h.oid or typbasetype = h.oid
    union all
    select c.reltype from pg_attribute a join pg_class c on c.oid = a.attrelid
      where a.atttypid = h.oid and a.attnum > 0 and c.reltype <> 0
    union all
    -- PostgreSQL 13 has no multiranges, nor the column
    select unnest(array[r.rngtypid, (to_jsonb(r) ->> 'rngmultitypid')::oid]) from pg_range r where r.rngsubtype = h.oid
  ) t on true
),
makers as (
  select distinct h.seed, p.oid, p.nspname, p.proname from holding h join procs p
    on p.prorettype = h.oid or h.oid = any(p.proargtypes) or h.oid = any(p.proallargtypes)
  where h.seed in (select oid from checked)
)
select json_build_object(
  'functions', (select json_agg(json_build_object('schema', nspname, 'name', proname, 'stable', stable, 'immutable', immutable,
      'arguments', pronargs, 'optional', pronargdefaults, 'variadic', takes_more, 'defaults', defaults, 'symbol', symbol,
      'language', language, 'body', body, 'version', version)) from (
    select nspname, proname, bool_and(stable) as stable, bool_and(immutable) as immutable, pronargs, pronargdefaults, takes_more,
      case when oid >= 16384 then 'select ' || pg_get_expr(proargdefaults, 0) end as defaults, symbol, language, body,
      string_agg(oid || ':' || xmin, ' ' order by oid) as version
    from procs group by nspname, proname, pronargs, pronargdefaults, takes_more, defaults, symbol, language, body) f),
  'ofOneRow', (select json_agg(distinct proname) from procs
    where pronargs - pronargdefaults <= 1 and pronargs > 0 and oid >= 16384 and exists
      (select from pg_type t where t.oid = proargtypes[0] and (t.typtype in ('c', 'd') or t.typtype = 'p' and typname in
        ('record', 'any', 'anyelement', 'anynonarray', 'anycompatible', 'anycompatiblenonarray')))),
  'operators', (select json_agg(json_build_array(nspname, oprname, stable, calls)) from
    (select n.nspname, o.oprname, bool_and(p.stable or o.oid in (select oid from narrow)) as stable,
       coalesce(json_agg(distinct p.proname) filter (where p.language is not null and o.oid not in (select oid from narrow)), '[]') as calls from pg_operator o
     join pg_namespace n on n.oid = o.oprnamespace join procs p on p.oid = o.oprcode group by 1, 2) o),
  'typeNames', (select json_agg(json_build_array(n.nspname, t.typname)) from pg_type t join pg_namespace n on n.oid = t.typnamespace
    where t.typtype <> 'p' and t.typrelid = 0 and t.typcategory <> 'A' and n.nspname !~ '^pg_temp_'),
  'types', (select json_agg(json_build_object(
      'check', c.check,
      'types', (select json_agg(t.typname) from holding h join pg_type t on t.oid = h.oid where h.seed = c.oid),
      'functions', coalesce((select json_agg(json_build_array(m.nspname, m.proname)) from makers m where m.seed = c.oid), '[]'),
      'operators', coalesce((select json_agg(json_build_array(n.nspname, o.oprname))
        from makers m join pg_operator o on o.oprcode = m.oid join pg_namespace n on n.oid = o.oprnamespace
        where m.seed = c.oid and o.oid not in (select oid from narrow)), '[]'),
      'relations', coalesce((select json_agg(json_build_array(r.nspname, r.relname))
        from relations r join pg_class k on k.oid = r.oid join holding h on h.oid = k.reltype
        where h.seed = c.oid and (c.oid in (select oid from by_value) or c.oid in (select type from narrow))), '[]')))
    from checked c),
  'castTypes', (select json_agg(distinct t.typname) from holding h join pg_type t on t.oid = h.oid
    where h.seed in (select oid from casts where not by_value)),
  'unsafeUnsaid', exists (select from casts where anywhere)
    or exists (select from pg_amproc a join pg_proc p on p.oid = a.amproc
      where p.provolatile = 'v' and a.oid >= 16384 and a.amproclefttype not in (select oid from own_types) and p.prolang not in (select oid from pg_language where lanname in ('c', 'internal'))),
  'backslashEscapes', current_setting('standard_conforming_strings') = 'off',
  'isSerializable', current_setting('default_transaction_isolation') = 'serializable',
  'sequences', (select json_agg(json_build_array(nspname, relname)) from relations where relkind = 'S'),
  'relations', (select json_agg(json_build_array(nspname, relname)) from relations
    where not master_only and (relkind <> 'v' or oid < 16384) and not relrowsecurity),
  'views', (select json_agg(json_build_array(nspname, relname, expressions)) from (
    select r.nspname, r.relname, json_build_array(pg_get_viewdef(r.oid)) as expressions
      from with_sql r where relkind = 'v' and not locked
    union all
    select r.nspname, r.relname, coalesce((select json_agg('select ' || pg_get_expr(p.polqual, p.polrelid))
      from pg_policy p where p.polrelid = r.oid and p.polqual is not null), '[]')
      from with_sql r where relkind <> 'v' and not locked) v),
  'versions', (select json_agg(json_build_array(relname, oid::text,
      (select string_agg(w.oid || ':' || w.xmin, ' ') from pg_rewrite w where w.ev_class = r.oid),
      (select string_agg(l.oid || ':' || l.xmin, ' ') from pg_policy l where l.polrelid = r.oid))) from with_sql r),
  'locked', (select json_agg(json_build_array(nspname, relname)) from with_sql where locked),
  'reaches', ${REACHES},
  'masterOnly', (select json_agg(json_build_array(nspname, relname)) from relations where master_only)
) as catalogue`;

/**
 * Compiling a query of this size takes PostgreSQL seconds, where it was built with LLVM; running it some 50 ms. It waits no longer
 * for any lock that nobody held when it began.
 */
const SETTINGS = `select set_config('jit', 'off', true); select set_config('lock_timeout', '100ms', true); `;

/**
 * Reads it in one statement, of some 70 ms on an empty database and a second with 50,000 functions. Rejects where it would
 * have to wait for a lock.
 */
export async function readCatalogue(server: Knex): Promise<CatalogueRows> {
  const sql = SETTINGS + READ_CATALOGUE;
  const answers = await server
    .raw<readonly { rows: { catalogue: Record<string, unknown> }[] }[]>(sql)
    .catch((error: Error) => rejectWithoutSql(error, sql));
  const { catalogue } = answers.at(-1)!.rows[0]!;
  // json_agg of no rows is null
  return Object.fromEntries(
    Object.entries(catalogue).map(([key, value]) => [key, value ?? []]),
  ) as unknown as CatalogueRows;
}
