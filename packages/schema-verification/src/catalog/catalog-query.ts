/**
 * One statement, one snapshot, one round trip. It reads only pg_catalog, schema-qualified, because information_schema
 * hides what the role does not own. $1 schemas, $2 whose rights (null: the session's), $3 relation names whose namesakes
 * matter, $4 the migrators' advisory lock. It answers the text of a JSON object: putting it together as jsonb costs
 * PostgreSQL a quarter of the whole, and text that is the same as last time need not be read again.
 *
 * What hangs on a relation is asked for relation by relation, so that the plan is as good on a database that was never
 * analyzed, and as long as the session lives, as it is on any other.
 */
export const catalogQuery = `
with
space as (
  select n.oid, n.nspname from pg_catalog.pg_namespace n where n.nspname = any($1::text[])
),
who as (
  select r.oid, r.rolname from pg_catalog.pg_roles r where r.rolname = coalesce($2::text, current_user)
),
rel as (
  select c.oid, c.relname, c.relkind, c.relpersistence, c.relrowsecurity, c.relforcerowsecurity, c.relhastriggers,
      c.relhasrules, c.relowner, c.nspname, who.oid as who,
      case when c.nspname = 'public' then c.relname::text else c.nspname || '.' || c.relname end as name,
      -- A right on the whole table is one on each of its columns: asking once saves hundreds of questions.
      c.relkind <> 'S' and has_table_privilege(who.oid, c.oid, 'select') as may_read,
      c.relkind <> 'S' and has_table_privilege(who.oid, c.oid, 'insert') as may_add,
      c.relkind <> 'S' and has_table_privilege(who.oid, c.oid, 'update') as may_change
    from (select c.*, n.nspname from pg_catalog.pg_class c join space n on n.oid = c.relnamespace
           where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') offset 0) c cross join who
   where (select true from pg_catalog.pg_depend d
           where d.classid = 1259 and d.objid = c.oid and d.deptype = 'e' limit 1) is null
),
journal as (
  select oid, relowner from rel where nspname = 'public' and relname = 'mikro_orm_migrations' and relkind = 'r'
),
setting as (
  -- The most particular one wins: role in database, role, database.
  select distinct on (entry.name) entry.name, entry.value
    from pg_catalog.pg_db_role_setting s
    cross join lateral (select split_part(c, '=', 1) as name, substr(c, strpos(c, '=') + 1) as value
                          from unnest(s.setconfig) c) entry
   where s.setdatabase in (0, (select oid from pg_catalog.pg_database where datname = current_database()))
     and s.setrole in (0, (select oid from who))
     and entry.name in ('search_path', 'default_transaction_read_only', 'session_replication_role')
   order by entry.name, s.setrole = 0, s.setdatabase = 0
)
select json_build_object(
  'server', json_build_object(
    'version', current_setting('server_version_num')::int,
    'database', current_database(),
    'role', (select rolname from who),
    'standby', pg_is_in_recovery(),
    'migrating', exists (select from pg_catalog.pg_locks l
        where l.locktype = 'advisory' and l.classid = ($4::bigint >> 32)::int::oid and l.objid = ($4::bigint)::int::oid
          and l.objsubid = 1 and l.granted and l.pid <> pg_backend_pid()
          and l.database = (select oid from pg_catalog.pg_database where datname = current_database())),
    'searchPath', to_json(current_schemas(false)),
    'settings', (select coalesce(json_object_agg(name, value), '{}') from setting),
    'ddlNotification', (select bool_and(e.evtenabled <> 'D') from pg_catalog.pg_event_trigger e
        where e.evtname in ('evergrant_ddl', 'evergrant_drop'))),
  'schemas', (select coalesce(json_object_agg(s.nspname,
      json_build_object('usage', has_schema_privilege(who.oid, s.oid, 'usage'))), '{}') from space s, who),
  'relations', (select coalesce(json_object_agg(rel.name, json_build_object(
      'kind', case rel.relkind when 'r' then 'table' when 'p' then 'partitioned table' when 'v' then 'view'
                when 'm' then 'materialized view' else 'foreign table' end,
      'persistence', case rel.relpersistence when 'p' then 'permanent' when 'u' then 'unlogged' else 'temporary' end,
      'ownedByMigrator', (select j.relowner = rel.relowner from journal j),
      'rowSecurity', case when rel.relforcerowsecurity then 'forced' when rel.relrowsecurity then 'on' else 'off' end,
      'privileges', concat(
        case when rel.may_read then 'r' end, case when rel.may_add then 'a' end,
        case when rel.may_change then 'w' end,
        case when has_table_privilege(rel.who, rel.oid, 'delete') then 'd' end),
      'columns', (select coalesce(json_object_agg(a.attname, json_build_object(
          'type', format_type(a.atttypid, a.atttypmod),
          'notNull', a.attnotnull,
          'default', case when a.atthasdef and a.attgenerated = '' then (select pg_get_expr(d.adbin, d.adrelid)
              from pg_catalog.pg_attrdef d where d.adrelid = a.attrelid and d.adnum = a.attnum) end,
          'identity', nullif(case a.attidentity when 'a' then 'always' when 'd' then 'by default' else '' end, ''),
          'generated', a.attgenerated <> '',
          'collation', case when a.attcollation <> 0 then (select l.collname from pg_catalog.pg_type t
              join pg_catalog.pg_collation l on l.oid = a.attcollation
             where t.oid = a.atttypid and t.typcollation <> a.attcollation) end,
          'privileges', concat(
            case when rel.may_read or has_column_privilege(rel.who, a.attrelid, a.attnum, 'select') then 'r' end,
            case when rel.may_add or has_column_privilege(rel.who, a.attrelid, a.attnum, 'insert') then 'a' end,
            case when rel.may_change or has_column_privilege(rel.who, a.attrelid, a.attnum, 'update') then 'w' end))
          order by a.attnum), '{}')
        from pg_catalog.pg_attribute a where a.attrelid = rel.oid and a.attnum > 0 and not a.attisdropped),
      'constraints', (select coalesce(json_object_agg(k.conname, json_build_object(
          'type', case k.contype when 'p' then 'primary key' when 'u' then 'unique' when 'f' then 'foreign key'
                    when 'c' then 'check' else 'exclusion' end,
          'definition', regexp_replace(pg_get_constraintdef(k.oid), ' NOT VALID$', ''),
          'columns', (select coalesce(json_agg(a.attname order by u.n), '[]')
              from unnest(k.conkey) with ordinality u(attnum, n) cross join lateral (
                select a.attname from pg_catalog.pg_attribute a
                 where a.attrelid = k.conrelid and a.attnum = u.attnum offset 0) a),
          'validated', k.convalidated)), '{}')
        from pg_catalog.pg_constraint k where k.conrelid = rel.oid and k.contype in ('p', 'u', 'f', 'c', 'x')),
      'indexes', (select coalesce(json_object_agg(c.relname, json_build_object(
          'definition', pg_get_indexdef(i.indexrelid),
          'unique', i.indisunique,
          'columns', (select coalesce(json_agg(a.attname order by u.n), '[]')
              from unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) with ordinality u(attnum, n) cross join lateral (
                select a.attname from pg_catalog.pg_attribute a
                 where a.attrelid = i.indrelid and a.attnum = u.attnum offset 0) a),
          'valid', i.indisvalid and i.indisready,
          'ofConstraint', exists (select from pg_catalog.pg_constraint k
             where k.conrelid = i.indrelid and k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x')))), '{}')
        from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid where i.indrelid = rel.oid),
      'triggers', (select coalesce(json_object_agg(t.tgname, json_build_object(
          'definition', pg_get_triggerdef(t.oid),
          'enabled', t.tgenabled in ('O', 'A'),
          'bodyHash', md5(p.prosrc))), '{}')
        from pg_catalog.pg_trigger t join pg_catalog.pg_proc p on p.oid = t.tgfoid
       where rel.relhastriggers and t.tgrelid = rel.oid and not t.tgisinternal),
      'policies', (select coalesce(json_object_agg(p.polname, concat_ws(' ', p.polcmd::text,
          case when p.polpermissive then 'permissive' else 'restrictive' end,
          (select string_agg(coalesce(r.rolname, 'public'), ',' order by r.rolname) from unnest(p.polroles) o
             left join pg_catalog.pg_roles r on r.oid = o),
          pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))), '{}')
        from pg_catalog.pg_policy p where p.polrelid = rel.oid),
      'rules', (select coalesce(json_object_agg(w.rulename, pg_get_ruledef(w.oid)), '{}')
        from pg_catalog.pg_rewrite w
       where rel.relhasrules and w.ev_class = rel.oid and (w.rulename <> '_RETURN' or rel.relkind = 'v')),
      'disabledForeignKeys', (select coalesce(json_agg(distinct k.conname), '[]')
        from pg_catalog.pg_trigger t left join pg_catalog.pg_constraint k on k.oid = t.tgconstraint
       where rel.relhastriggers and t.tgrelid = rel.oid and t.tgisinternal and t.tgenabled not in ('O', 'A')))), '{}')
    from rel where rel.relkind <> 'S'),
  'enums', (select coalesce(json_object_agg(
      case when s.nspname = 'public' then t.typname::text else s.nspname || '.' || t.typname end,
      (select json_agg(e.enumlabel order by e.enumsortorder) from pg_catalog.pg_enum e where e.enumtypid = t.oid)), '{}')
    from pg_catalog.pg_type t join space s on s.oid = t.typnamespace where t.typtype = 'e'),
  'functions', (select coalesce(json_object_agg(
      case when s.nspname = 'public' then '' else s.nspname || '.' end
        || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
      json_build_object(
        'bodyHash', md5(concat_ws('|', p.prosrc, p.provolatile, p.prosecdef, p.proisstrict, p.proconfig::text)),
        'result', coalesce(pg_get_function_result(p.oid), ''),
        'execute', has_function_privilege(who.oid, p.oid, 'execute'))), '{}')
    from (select * from pg_catalog.pg_proc where pronamespace = any(array(select oid from space)) offset 0) p
    join space s on s.oid = p.pronamespace cross join who
   where p.prokind <> 'a' and p.prorettype <> 'pg_catalog.event_trigger'::regtype
     and not exists (select from pg_catalog.pg_depend d where d.classid = 1255 and d.objid = p.oid and d.deptype = 'e')),
  'sequences', (select coalesce(json_object_agg(rel.name, json_build_object(
      'definition', concat_ws(' ', format_type(q.seqtypid, null), 'start', q.seqstart, 'increment', q.seqincrement,
        'cache', q.seqcache, case when q.seqcycle then 'cycle' end),
      'usage', has_sequence_privilege(who.oid, rel.oid, 'usage'))), '{}')
    from rel join pg_catalog.pg_sequence q on q.seqrelid = rel.oid cross join who where rel.relkind = 'S'),
  'namesakes', (select coalesce(json_agg(json_build_object('schema', n.nspname, 'name', c.relname)), '[]')
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where c.relname = any($3::text[]) and c.relkind in ('r', 'p', 'v', 'm', 'f')
     and n.nspname <> all($1::text[]) and n.nspname not in ('pg_catalog', 'information_schema')
     and n.nspname not like 'pg\\_temp%' and n.nspname not like 'pg\\_toast%')
)::text as catalog,
  (select rolname from who) as role,
  coalesce((select has_table_privilege(j.oid, 'select') and has_schema_privilege('public', 'usage')
    from journal j), false) as "mayReadJournal"
`

/** In the order they were applied. */
export const journalQuery = `
  select coalesce(json_agg(name order by id), '[]')::text as journal from public.mikro_orm_migrations`
