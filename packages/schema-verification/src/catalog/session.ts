import { Client } from 'pg'
import { whyUnreadable } from '../unverifiable.ts'
import type { Sql } from './sql.ts'

/** Works with one session on a database and closes it.
 * @throws DomainError `database_unreachable` or `rights_missing` when there is no session to be had. */
export async function withSession<Result>(url: string, work: (sql: Sql) => Promise<Result>): Promise<Result> {
  const client = new Client({
    connectionString: url,
    application_name: 'evergrant-schema',
    connectionTimeoutMillis: 5_000,
    statement_timeout: 30_000,
  })
  // Without a listener a lost connection would end the process; the query that runs into it says so anyway.
  client.on('error', () => undefined)
  try {
    await client.connect()
  } catch (error) {
    throw whyUnreadable(error)
  }
  try {
    return await work(
      async <Row>(text: string, params: readonly unknown[] = []) =>
        (await client.query(text, [...params])).rows as Row[],
    )
  } finally {
    await client.end()
  }
}
