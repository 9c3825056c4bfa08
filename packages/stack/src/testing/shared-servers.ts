import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { type OwnServer, startNatsServer, startPostgresServer } from './own-servers.ts'

/** The servers every spec of a run shares. */
export interface SharedServers {
  readonly postgresAdminUrl: string
  readonly natsUrl: string
  /** Marks everything a run creates, so that runs may share one server. */
  readonly testRunId: string
  /** For the summary: which servers these were. */
  readonly description: string
  stop(): Promise<void>
}

/** The role migrations grant to; every service's login is a member. */
export const serviceRole = 'evergrant_service'
const testLogin = 'evergrant_test_service'

/** What the user gave by EVERGRANT_TEST_POSTGRES_URL and EVERGRANT_TEST_NATS_URL, or servers of our own. */
export async function startSharedServers(): Promise<SharedServers> {
  const own: OwnServer[] = []
  const keep = <Server extends OwnServer>(server: Server): Server => {
    own.push(server)
    return server
  }
  const given = {
    // biome-ignore lint/style/noProcessEnv: the test kit's own two settings.
    postgres: process.env.EVERGRANT_TEST_POSTGRES_URL,
    // biome-ignore lint/style/noProcessEnv: the test kit's own two settings.
    nats: process.env.EVERGRANT_TEST_NATS_URL,
  }
  try {
    const [postgresAdminUrl, natsUrl] = await Promise.all([
      given.postgres ?? startPostgresServer().then((server) => keep(server).url),
      given.nats ?? startNatsServer().then((server) => keep(server).url),
    ])
    await createRoles(postgresAdminUrl)
    const testRunId = randomBytes(4).toString('hex')
    return {
      postgresAdminUrl,
      natsUrl,
      testRunId,
      description: `PostgreSQL ${given.postgres === undefined ? 'started for this run' : 'given by EVERGRANT_TEST_POSTGRES_URL'}, nats-server ${given.nats === undefined ? 'started for this run' : 'given by EVERGRANT_TEST_NATS_URL'}`,
      stop: async () => {
        if (given.postgres !== undefined) await dropDatabases(postgresAdminUrl, `t_${testRunId}_`)
        await Promise.all(own.map((server) => server.stop()))
      },
    }
  } catch (error) {
    await Promise.all(own.map((server) => server.stop()))
    throw error
  }
}

/** A login without any right of its own, in the group the migrations grant to. */
export function serviceUrlOf(databaseUrl: string): string {
  const url = new URL(databaseUrl)
  url.username = testLogin
  url.password = testLogin
  return url.href
}

async function createRoles(adminUrl: string): Promise<void> {
  await withClient(adminUrl, async (client) => {
    // Another run may create them at the same moment: the lock makes it wait.
    await client.query('begin')
    await client.query(`select pg_advisory_xact_lock(hashtext('evergrant test roles'))`)
    const { rows } = await client.query('select rolname from pg_roles where rolname = any($1)', [
      [serviceRole, testLogin],
    ])
    const known = rows.map((row: { rolname: string }) => row.rolname)
    if (!known.includes(serviceRole)) await client.query(`create role ${serviceRole} nologin`)
    if (!known.includes(testLogin))
      await client.query(`create role ${testLogin} login password '${testLogin}' in role ${serviceRole}`)
    await client.query('commit')
  })
}

async function dropDatabases(adminUrl: string, prefix: string): Promise<void> {
  await withClient(adminUrl, async (client) => {
    const { rows } = await client.query('select datname from pg_database where starts_with(datname, $1)', [
      prefix,
    ])
    for (const { datname } of rows) await client.query(`drop database if exists "${datname}" with (force)`)
  })
}

export async function withClient<Result>(
  url: string,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
