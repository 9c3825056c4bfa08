/** `event_source`: where the queries about events look, at the copy or at what the log says it was.
 * `$1` is the calendars; the time, ms since the epoch, is the parameter named. */
export function eventSource(asOfParameter: string | null): string {
  if (asOfParameter === null) {
    return 'event_source as not materialized (select * from calendar_event where calendar_id = any($1::uuid[]))'
  }
  return `event_source as materialized (
    select * from (
    select distinct on (h.calendar_id, h.event_id)
           h.calendar_id, h.event_id, h.etag, h.starts_at, h.ends_at, h.is_master, h.recurring_event_id,
           h.original_start, h.event as raw,
           case h.kind when 'deleted' then 'cancelled' else coalesce(h.event->>'status', 'confirmed') end as status
      from calendar_change h
     where h.calendar_id = any($1::uuid[]) and h.at <= to_timestamp(${asOfParameter}::float8 / 1000)
     order by h.calendar_id, h.event_id, h.seq desc) as newest
    where raw is not null)`
}
