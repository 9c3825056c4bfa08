import type { Sql } from '../database/sql.ts'
import type { SourceStream } from './inbox.ts'

const atATime = 100

/** Streams whose next event is held and may be tried: it only waited, or its next attempt is due. */
export async function streamsReady(
  sql: Sql,
  consumer: string,
  now: Date,
  only?: SourceStream,
): Promise<SourceStream[]> {
  return sql<SourceStream>(
    `select h.source, h.stream_id as "streamId"
      from inbox.held h
      join inbox.cursor c on c.consumer = h.consumer and c.source = h.source and c.stream_id = h.stream_id
        and h.version = c.version + 1
      where h.consumer = $1 and (h.state = 'waiting' or h.state = 'retrying' and h.next_attempt_at <= $2)
        and ($3::text is null or (h.source = $3 and h.stream_id = $4))
      order by h.first_seen_at limit $5`,
    [consumer, now.toISOString(), only?.source ?? null, only?.streamId ?? null, atATime],
  )
}

/** Streams that have waited long enough for events that nobody brings: the first ones of an unknown stream, or any
 * of a publisher that does not repair. They go on with what is there. */
export async function streamsToStart(
  sql: Sql,
  consumer: string,
  known: readonly string[],
  tooLongAgo: { readonly known: Date; readonly foreign: Date },
): Promise<(SourceStream & { version: number })[]> {
  return sql(
    `select h.source, h.stream_id as "streamId", min(h.version)::float8 as version
      from inbox.held h join inbox.cursor c using (consumer, source, stream_id)
      where h.consumer = $1
      group by h.source, h.stream_id, c.version
      having min(h.version) > c.version + 1
        and case when h.source = any($2) then c.version = 0 and min(h.first_seen_at) <= $3
          else min(h.first_seen_at) <= $4 end
      limit $5`,
    [consumer, known, tooLongAgo.known.toISOString(), tooLongAgo.foreign.toISOString(), atATime],
  )
}
