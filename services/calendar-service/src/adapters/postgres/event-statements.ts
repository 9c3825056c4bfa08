import { setFromExcluded } from './event-columns.ts'

/** How an event replaces the one that is there. A tombstone carries little more than an id: what was known of the event stays beneath it. */
export const upsertTail = `on conflict (calendar_id, event_id) do update set ${setFromExcluded
  .replace(
    'starts_at = excluded.starts_at',
    'starts_at = coalesce(excluded.starts_at, calendar_event.starts_at)',
  )
  .replace('ends_at = excluded.ends_at', 'ends_at = coalesce(excluded.ends_at, calendar_event.ends_at)')},
  raw = case when excluded.status = 'cancelled' then calendar_event.raw || excluded.raw else excluded.raw end`

/** A tombstone of an event nobody ever saw is no news; one of an occurrence is: it hides it. What is cancelled already is
 * none either, whatever its etag: our own deletions have no answer that names one. */
export const isNews = (before: string, incoming: string) => `
  (${before}.event_id is null and (${incoming}.status <> 'cancelled' or ${incoming}.recurring_event_id is not null)
   or ${before}.event_id is not null
      and (${before}.etag, ${before}.status) is distinct from (${incoming}.etag, ${incoming}.status)
      and not (${before}.status = 'cancelled' and ${incoming}.status = 'cancelled'))`

/** What becomes of an event, `e`, that is closed without a word of Google's. */
export const closed = `status = 'cancelled', raw = e.raw || '{"status": "cancelled"}'`

/** What a statement that closes or drops events, `e`, returns of each. */
export const returningClosed = `returning e.event_id as "eventId", e.etag, true as cancelled, e.etag as "etagBefore"`
