import { Migration } from '@mikro-orm/migrations'

/** What older logs left out, so that the copy can be rebuilt from them: the calendars as they are, as facts of their lists;
 * and that occurrences which are no longer cancelled were dropped from the copy. */
export class CalendarsInTheLog extends Migration {
  readonly loses: readonly string[] = []

  override up(): void {
    this.addSql(calendarFacts)
    this.addSql(droppedOccurrences)
  }

  /** What it filled in is true without it too, and facts are never taken back. */
  override down(): void {}
}

// One fact for what went at the same time, in the order it went; what is there comes last.
const calendarFacts = `
  select es.append('calendar-list-' || l.connection_id, 'calendar-list', 'any', 0,
           jsonb_build_array(jsonb_build_object('type', 'CalendarsListed', 'schemaVersion', 1, 'data',
             jsonb_build_object('resourceId', l.connection_id, 'connectionId', l.connection_id, 'userId', l.user_id,
               'generation', l.list_generation, 'entries', l.entries, 'removedIds', l.removed_ids,
               'listedAt', to_char(coalesce(l.removed_at, now()) at time zone 'utc',
                                   'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')))),
           '{"actor": {"kind": "operator", "id": "migration"}, "correlationId": "0009-calendars-in-the-log"}',
           now(), '[]', null)
    from (select connection_id, user_id, list_generation, removed_at,
                 jsonb_agg(raw order by calendar_id) as entries,
                 coalesce(jsonb_agg(calendar_id order by calendar_id) filter (where removed_at is not null), '[]')
                   as removed_ids
            from calendar
           group by connection_id, user_id, list_generation, removed_at
           order by removed_at nulls last) l
   where not exists (select from es.event e
                      where e.stream_id = 'calendar-list-' || l.connection_id and e.type = 'CalendarsListed')`

const droppedOccurrences = `
  with newest as (
    select distinct on (calendar_id, event_id) user_id, seq, calendar_id, connection_id, event_id, kind, etag,
           event is not null as was_there
      from calendar_change order by calendar_id desc, event_id desc, seq desc),
  dropped as (
    select n.*, row_number() over (partition by n.user_id order by n.seq) as nr
      from newest n left join calendar_event e on e.calendar_id = n.calendar_id and e.event_id = n.event_id
     where n.kind = 'deleted' and n.was_there and e.event_id is null),
  moved as (
    update change_position p set last_seq = p.last_seq + d.how_many
      from (select user_id, count(*) as how_many from dropped group by user_id) d
     where p.user_id = d.user_id
    returning p.user_id, p.last_seq - d.how_many as before)
  insert into calendar_change (user_id, seq, at, calendar_id, connection_id, event_id, kind, etag, etag_before, cause)
  select d.user_id, m.before + d.nr, now(), d.calendar_id, d.connection_id, d.event_id, 'deleted', d.etag, d.etag, 'resync'
    from dropped d join moved m on m.user_id = d.user_id`
