/**
 * What a write to each table of the app's can touch beside its rows: `child` tables, which its foreign
 * keys, partitions or heirs lead to; `parent` tables, whose rows its own refer to; a `body` of a trigger; a `function` that a
 * default, a check, an index, a policy or a trigger's condition calls. `opaque` stands for what can't be told. Nothing here opens
 * a table, so that no lock is waited for.
 */
export const REACHES = `(select json_agg(json_build_array(nspname, relname, parts) order by nspname, relname) from (
  select n.nspname, c.relname, coalesce(json_agg(json_build_array(p.kind, p.what) order by p.kind, p.what) filter (where p.kind is not null), '[]') as parts
  from pg_class c join pg_namespace n on n.oid = c.relnamespace left join (
    select inhparent as oid, 'child' as kind, inhrelid as other, null as what from pg_inherits
    union all select inhrelid, 'child', inhparent, null from pg_inherits
    union all select confrelid, 'child', conrelid, null from pg_constraint where contype = 'f'
    union all select conrelid, 'parent', confrelid, null from pg_constraint where contype = 'f'
    union all select ev_class, 'opaque', null, null from pg_rewrite
    union all select t.tgrelid, case when l.lanname = 'plpgsql' then 'body' else 'opaque' end, null, f.prosrc
      from pg_trigger t join pg_proc f on f.oid = t.tgfoid join pg_language l on l.oid = f.prolang
      where not t.tgisinternal and f.oid >= 16384
    union all select h.oid, case when d.refclassid = 'pg_proc'::regclass then 'function' else 'opaque' end, null, f.proname
      from pg_depend d join (
        select 'pg_attrdef'::regclass as class, oid as object, adrelid as oid, 0::oid as called from pg_attrdef
        union all select 'pg_constraint'::regclass, oid, conrelid, 0 from pg_constraint where conrelid <> 0
        union all select 'pg_class'::regclass, indexrelid, indrelid, 0 from pg_index
        union all select 'pg_policy'::regclass, oid, polrelid, 0 from pg_policy
        union all select 'pg_trigger'::regclass, oid, tgrelid, tgfoid from pg_trigger where not tgisinternal
      ) h on h.class = d.classid and h.object = d.objid and h.called <> d.refobjid
      left join pg_proc f on f.oid = d.refobjid and d.refclassid = 'pg_proc'::regclass
      where d.refclassid in ('pg_proc'::regclass, 'pg_operator'::regclass) and d.refobjid >= 16384
  ) found on found.oid = c.oid
  left join pg_class o on o.oid = found.other
  cross join lateral (select case when c.relkind in ('f', 'v', 'm') then 'opaque' else found.kind end as kind, coalesce(o.relname, found.what) as what) p
  where c.relkind in ('r', 'p', 'f', 'v', 'm') and c.oid >= 16384 and c.relpersistence <> 't' and n.nspname <> 'pg_toast'
  group by c.oid, n.nspname, c.relname) tables)`;
