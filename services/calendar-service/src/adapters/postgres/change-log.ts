import type { Sql } from '@evergrant/event-store'
import type { ChangedCalendar } from '../../application/ports.ts'
import { firstPosition } from './feed-positions.ts'

export interface WrittenEvent {
  readonly eventId: string
  readonly etag: string | null
  readonly cancelled: boolean
  readonly etagBefore: string | null
}

/** Appends to the log of changes, which is the user's feed and what the copy can be rebuilt from: each row says what is in
 * the copy now, and nothing where the row was dropped, which is no news to the feed. The position row is locked until the commit, so numbers appear
 * in the order they become readable: a reader at position n has missed nothing before n. */
export async function logChanges(
  sql: Sql,
  { calendarId, connectionId, userId, at, cause }: ChangedCalendar,
  rows: readonly WrittenEvent[],
): Promise<void> {
  if (rows.length === 0) return
  const [{ last } = { last: 0 }] = await sql<{ last: number }>(
    `insert into change_position (user_id, last_seq) values ($1, $2::bigint + ${firstPosition})
     on conflict (user_id) do update set last_seq = change_position.last_seq + $2::bigint
     returning last_seq::float8 as last`,
    [userId, rows.length],
  )
  await sql(
    `insert into calendar_change (user_id, seq, at, calendar_id, connection_id, event_id, kind, etag, etag_before, event,
       starts_at, ends_at, is_master, recurring_event_id, original_start, cause, caused_by)
     select $1, $2::bigint + c.nr, $3, $4, $5, c.row->>'eventId',
            case when (c.row->>'cancelled')::boolean then 'deleted' else 'upserted' end,
            c.row->>'etag', c.row->>'etagBefore', e.raw,
            e.starts_at, e.ends_at, coalesce(e.is_master, false), e.recurring_event_id, e.original_start, $7, $8
       from jsonb_array_elements($6::jsonb) with ordinality as c (row, nr)
       left join calendar_event e on e.calendar_id = $4 and e.event_id = c.row->>'eventId'`,
    [
      userId,
      last - rows.length,
      at.toISOString(),
      calendarId,
      connectionId,
      JSON.stringify(rows),
      cause.kind,
      cause.by,
    ],
  )
}
