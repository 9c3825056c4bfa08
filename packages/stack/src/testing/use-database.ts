import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, inject } from 'vitest'
import { serviceUrlOf, withClient } from './shared-servers.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    postgresAdminUrl: string
    natsUrl: string
    testRunId: string
  }
}

export interface DatabaseTemplate {
  /** lower_snake; one per set of migrations. The first spec file that needs it builds it, the others clone it. */
  readonly name: string
  readonly migrate: (url: string) => Promise<unknown>
}

export interface TestDatabase {
  /** As the superuser who owns everything in it. */
  readonly url: string
  /** As a service sees it: a login that has only what migrations grant to `evergrant_service`. */
  readonly serviceUrl: string
}

const setupTimeoutMs = 60_000

/** A database for the surrounding file or `describe`: there before its tests, dropped after them. */
export function useDatabase(options: { readonly template?: DatabaseTemplate } = {}): TestDatabase {
  const name = `t_${inject('testRunId')}_${randomBytes(5).toString('hex')}`
  const adminUrl = inject('postgresAdminUrl')
  beforeAll(async () => {
    const source =
      options.template === undefined ? 'template0' : await builtTemplate(adminUrl, options.template)
    await withClient(adminUrl, (admin) =>
      admin.query(`create database "${name}" template "${source}" strategy file_copy`),
    )
  }, setupTimeoutMs)
  afterAll(
    () => withClient(adminUrl, (admin) => admin.query(`drop database if exists "${name}" with (force)`)),
    setupTimeoutMs,
  )
  const url = inDatabase(adminUrl, name)
  return { url, serviceUrl: serviceUrlOf(url) }
}

/** The URL of the nats-server that all spec files share: use streams and subjects of your own. */
export function useNats(): { readonly url: string } {
  return { url: inject('natsUrl') }
}

async function builtTemplate(adminUrl: string, template: DatabaseTemplate): Promise<string> {
  const name = `t_${inject('testRunId')}_template_${template.name}`
  await withClient(adminUrl, async (admin) => {
    // Spec files run in parallel; the first one builds, the others wait here.
    await admin.query('select pg_advisory_lock(hashtext($1))', [name])
    const { rowCount } = await admin.query('select 1 from pg_database where datname = $1', [name])
    if (rowCount !== 0) return
    const building = `${name}_building`
    await admin.query(`drop database if exists "${building}" with (force)`)
    await admin.query(`create database "${building}" template template0 strategy file_copy`)
    await template.migrate(inDatabase(adminUrl, building))
    await admin.query(`alter database "${building}" rename to "${name}"`)
  })
  return name
}

function inDatabase(adminUrl: string, name: string): string {
  const url = new URL(adminUrl)
  url.pathname = `/${name}`
  return url.href
}
