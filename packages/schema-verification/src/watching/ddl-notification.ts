import type { Sql } from '../catalog/sql.ts'

/** The channel DDL is told on. */
export const ddlChannel = 'evergrant_schema'

/** What a notification says: who did what, as far as PostgreSQL knows. */
export interface DdlNotice {
  /** The command, such as `ALTER TABLE`. */
  readonly tag: string
  /** The objects, such as `public.user_oauth_tokens.scope`; empty for grants, which PostgreSQL does not name. */
  readonly objects: readonly string[]
  readonly user: string
  readonly application: string
  readonly at: string
}

// A payload holds 8000 bytes; the list of a large migration is cut, for the verification reads everything anyway.
const notify = (objects: string) => `
    perform pg_notify('${ddlChannel}', jsonb_build_object('tag', tg_tag, 'user', session_user,
      'application', current_setting('application_name'), 'at', clock_timestamp(), 'objects', (
        select coalesce(jsonb_agg(o.name), '[]') from (select left(object_identity, 200) as name
          from ${objects} limit 20) o))::text);`

const statements = [
  `create or replace function evergrant_tell_ddl() returns event_trigger language plpgsql as $$
  begin
    -- Temporary tables come and go with every session.
    if exists (select from pg_event_trigger_ddl_commands() where coalesce(schema_name, '') <> 'pg_temp')
      or not exists (select from pg_event_trigger_ddl_commands()) then${notify("pg_event_trigger_ddl_commands() where coalesce(schema_name, '') <> 'pg_temp' and object_identity is not null")}
    end if;
  end $$`,
  `create or replace function evergrant_tell_drop() returns event_trigger language plpgsql as $$
  begin
    if exists (select from pg_event_trigger_dropped_objects() where not is_temporary) then${notify('pg_event_trigger_dropped_objects() where not is_temporary and object_identity is not null')}
    end if;
  end $$`,
  'drop event trigger if exists evergrant_ddl',
  'drop event trigger if exists evergrant_drop',
  'create event trigger evergrant_ddl on ddl_command_end execute function evergrant_tell_ddl()',
  'create event trigger evergrant_drop on sql_drop execute function evergrant_tell_drop()',
  // Also in sessions that set session_replication_role = replica.
  'alter event trigger evergrant_ddl enable always',
  'alter event trigger evergrant_drop enable always',
]

/** Installs the event triggers in the database of `sql`, which takes a superuser or what a managed service gives in
 * its place. Answers false where this role may not: then the poll is what finds drift. */
export async function installDdlNotification(sql: Sql): Promise<boolean> {
  try {
    for (const statement of statements) await sql(statement)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === '42501') return false
    throw error
  }
}
