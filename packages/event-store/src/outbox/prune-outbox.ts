import type { Database } from '../database/database.ts'
import { sqlOf } from '../database/sql.ts'

/** Forgets publications and seen commands from before then, at most `limit` of each, and answers how many. A consumer
 * that still asks for what is gone is told the first version that exists, and starts there. */
export async function pruneOutbox(where: {
  readonly database: Database
  readonly before: Date
  readonly limit?: number
}): Promise<{ readonly publications: number; readonly commands: number }> {
  const { before, limit = 5000 } = where
  const sql = sqlOf(where.database)
  // Oldest first within a stream by nature, so what is left of a stream stays dense; the newest of each stream stays
  // for the digests.
  const publications = await sql(
    `delete from es.outbox where id in (
      select o.id from es.outbox o
        where o.published_at < $1 and exists (
          select from es.outbox newer where newer.stream_id = o.stream_id and newer.version > o.version)
        order by o.published_at limit $2) returning id`,
    [before.toISOString(), limit],
  )
  const commands = await sql(
    `delete from es.command_seen where (stream_id, command_id) in (
      select stream_id, command_id from es.command_seen where seen_at < $1 limit $2) returning command_id`,
    [before.toISOString(), limit],
  )
  return { publications: publications.length, commands: commands.length }
}
