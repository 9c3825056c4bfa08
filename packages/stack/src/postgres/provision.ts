import { readFileSync } from 'node:fs'
import { Client, escapeLiteral } from 'pg'
import { stackErrors } from '../errors.ts'

interface Statement {
  readonly sql: string
  /** psql's \gexec: run what the query answers. */
  readonly generates: boolean
}

/** Runs infra/postgres/provision.sql: creates what is missing, sets the passwords.
 * @throws DomainError foreign_server_unusable when the server cannot be reached or the login may not do that. */
export async function provisionPostgres(
  adminUrl: string,
  file: string,
  variables: Readonly<Record<string, string>>,
): Promise<void> {
  const client = new Client({ connectionString: adminUrl, connectionTimeoutMillis: 10_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    // Two stacks may be started on one server at once.
    await client.query(`select pg_advisory_lock(hashtext('evergrant provisioning'))`)
    for (const { sql, generates } of statementsOf(readFileSync(file, 'utf8'), variables)) {
      const { rows } = await client.query<unknown[]>({ text: sql, rowMode: 'array' })
      if (!generates) continue
      for (const value of rows.flat()) await client.query(`${value}`)
    }
  } catch (cause) {
    const { host, pathname } = new URL(adminUrl)
    throw stackErrors.foreign_server_unusable({
      message: `the databases and roles could not be created on PostgreSQL at ${host}${pathname}: ${cause instanceof Error ? cause.message : 'unknown error'}`,
      cause,
    })
  } finally {
    await client.end()
  }
}

/** The part of psql's language that provision.sql uses: statements, :'name', \gexec, whole-line comments. */
export function statementsOf(text: string, variables: Readonly<Record<string, string>>): Statement[] {
  const lines = text.split('\n').filter((line) => !line.startsWith('--'))
  return lines
    .join('\n')
    .split(/(?<=;|\\gexec)[ \t]*\n/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => ({
      sql: part.replace(/(;|\\gexec)$/, '').replace(/:'(\w+)'/g, (_, name: string) => {
        const value = variables[name]
        if (value === undefined) throw new Error(`provision.sql wants :'${name}', which nobody gives`)
        return escapeLiteral(value)
      }),
      generates: part.endsWith('\\gexec'),
    }))
}
