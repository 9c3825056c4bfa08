import { installDdlNotification } from '@evergrant/schema-verification'
import { Client } from 'pg'

/** Lets each database tell of DDL as it commits, which takes a superuser. Answers the databases where it may not: there
 * the poll finds drift, within seconds. */
export async function tellDdl(databaseUrls: readonly string[]): Promise<string[]> {
  const told = await Promise.all(databaseUrls.map(installIn))
  return databaseUrls.filter((_, index) => !told[index]).map((url) => new URL(url).pathname.slice(1))
}

async function installIn(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  client.on('error', () => {})
  await client.connect()
  try {
    // Two stacks may be started on one server at once.
    await client.query(`select pg_advisory_lock(hashtext('evergrant ddl notification'))`)
    return await installDdlNotification(async <Row>(text: string, params?: readonly unknown[]) => {
      const { rows } = await client.query(text, params === undefined ? undefined : [...params])
      return rows as Row[]
    })
  } finally {
    await client.end()
  }
}
