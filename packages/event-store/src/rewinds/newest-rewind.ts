import type { Database } from '../database/database.ts'
import { epochMs, sqlOf } from '../database/sql.ts'
import type { Rewind } from './rewinds.ts'

/** The last time this database was found put back; null when it never was. */
export async function newestRewind(where: { readonly database: Database }): Promise<Rewind | null> {
  const [row] = await sqlOf(where.database)<Omit<Rewind, 'foundAt'> & { foundAt: number }>(
    `select ${epochMs('found_at')} as "foundAt", streams, publications::float8
      from es.rewind order by id desc limit 1`,
  )
  return row ? { ...row, foundAt: new Date(row.foundAt) } : null
}
