import { migrate } from '@evergrant/event-store'
import type { SharedServers } from '@evergrant/stack/testing'
import { Client } from 'pg'
import type { ServiceSchema } from '../../docs/generate/schema-manifests.ts'

/** A database that today's migrations made, under the name that a service's specs look for before they build their own. */
export async function schemaOfToday(
  { contract, migrations }: ServiceSchema,
  servers: SharedServers,
): Promise<string> {
  const name = `${templatePrefix(servers)}${contract.service.replace('-', '_')}`
  await withAdmin(servers, (admin) => admin.query(`create database "${name}" template template0`))
  const url = new URL(servers.postgresAdminUrl)
  url.pathname = `/${name}`
  await migrate({ url: url.href, migrations })
  return url.href
}

/** How many schemas the specs of this run share, ours and those they built themselves. */
export async function sharedSchemas(servers: SharedServers): Promise<number> {
  const { rows } = await withAdmin(servers, (admin) =>
    admin.query('select from pg_database where starts_with(datname, $1)', [templatePrefix(servers)]),
  )
  return rows.length
}

function templatePrefix({ testRunId }: SharedServers): string {
  return `t_${testRunId}_template_`
}

async function withAdmin<Result>(servers: SharedServers, work: (admin: Client) => Promise<Result>) {
  const admin = new Client({ connectionString: servers.postgresAdminUrl })
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.end()
  }
}
