import type { Sql } from '../database/sql.ts'
import { identifyMessage } from '../inbox/identify-message.ts'
import type { LostPublication, ReadPublished } from './rewinds.ts'

const atATime = 1_000
/** Between the clocks of PostgreSQL and NATS, and from a publish to its mark. */
const marginMs = 5 * 60_000

export interface Found {
  readonly lost: readonly LostPublication[]
  /** The highest number on the bus of every stream that was looked at. */
  readonly heard: ReadonlyMap<string, number>
}

/**
 * What the bus holds and this database does not know. Everything published up to the newest mark was committed before that
 * mark, so it is here too: only what the bus got after it can be lost. That is nothing, or what was under way, unless the
 * database was put back.
 */
export async function findLost(sql: Sql, source: string, read: ReadPublished): Promise<Found> {
  const lost: LostPublication[] = []
  const heard = new Map<string, number>()
  let some: LostPublication[] = []
  const compare = async () => {
    lost.push(...(await unknownOf(sql, some)))
    some = []
  }
  for await (const message of await afterNewestMark(sql, read)) {
    if (message.headers['ce-source'] !== source) continue
    const { streamId, version } = identifyMessage(message)
    heard.set(streamId, Math.max(version, heard.get(streamId) ?? 0))
    some.push({ streamId, version, time: message.headers['ce-time'] ?? '' })
    if (some.length === atATime) await compare()
  }
  await compare()
  return { lost, heard }
}

/** The bus may have lost its disk since, or been put back itself: then the sequence leads to another message, or to none,
 * and time has to do. */
async function afterNewestMark(sql: Sql, read: ReadPublished): Promise<ReturnType<ReadPublished>> {
  const [newest] = await sql<{ sequence: number; id: string; time: string; publishedAt: number }>(
    `select sequence::float8, headers->>'ce-id' as id, headers->>'ce-time' as time,
        (extract(epoch from published_at) * 1000)::float8 as "publishedAt"
      from es.outbox where published_at is not null and sequence is not null order by published_at desc limit 1`,
  )
  if (!newest) return read({ sequence: 1 })
  for await (const { headers, sequence } of read({ sequence: newest.sequence })) {
    const same = headers['ce-id'] === newest.id && headers['ce-time'] === newest.time
    if (same && sequence === newest.sequence) return read({ sequence: sequence + 1 })
    break
  }
  return read({ since: new Date(newest.publishedAt - marginMs) })
}

/** Those of them that this database has under no number, or has given the number to something else. */
export async function unknownOf(
  sql: Sql,
  published: readonly LostPublication[],
): Promise<readonly LostPublication[]> {
  if (published.length === 0) return []
  return await sql<LostPublication>(
    `select p.stream_id as "streamId", p.version::float8, p.time
      from unnest($1::text[], $2::bigint[], $3::text[]) as p(stream_id, version, time)
      left join es.stream s using (stream_id)
      left join es.outbox o on o.stream_id = p.stream_id and o.version = p.version
      left join es.rewound_stream r on r.stream_id = p.stream_id
      where (coalesce(s.published_version, 0) < p.version or o.headers->>'ce-time' <> p.time)
        and coalesce(r.last_heard, 0) < p.version`,
    [
      published.map(({ streamId }) => streamId),
      published.map(({ version }) => version),
      published.map(({ time }) => time),
    ],
  )
}
