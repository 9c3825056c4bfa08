import { Migration } from '@mikro-orm/migrations'

/** The feed remembers what a query needs of each revision, so that a calendar can be read as it was, and what caused it. */
export class EventHistory extends Migration {
  readonly loses: readonly string[] = [
    'calendar_change.cause and caused_by, and when events of older revisions were',
  ]

  override up(): void {
    this.addSql(`
      alter table calendar_change
        add column starts_at timestamptz,
        add column ends_at timestamptz,
        add column is_master boolean not null default false,
        add column recurring_event_id text,
        add column original_start bigint,
        add column cause text not null default 'sync' check (cause in ('sync', 'resync', 'write', 'calendar_gone')),
        add column caused_by text`)
    // Revisions that are still current can be told from the copy; older ones are as searchable as they were.
    this.addSql(`
      update calendar_change c
         set starts_at = e.starts_at, ends_at = e.ends_at, is_master = e.is_master,
             recurring_event_id = e.recurring_event_id, original_start = e.original_start
        from calendar_event e
       where e.calendar_id = c.calendar_id and e.event_id = c.event_id and e.etag is not distinct from c.etag`)
  }

  override down(): void {
    this.addSql(`
      alter table calendar_change
        drop column starts_at,
        drop column ends_at,
        drop column is_master,
        drop column recurring_event_id,
        drop column original_start,
        drop column cause,
        drop column caused_by`)
  }
}
