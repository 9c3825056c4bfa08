import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { usableImages } from './container-images.ts'
import { startNatsServer, startPostgresServer } from './own-servers.ts'
import { sweepTestServers } from './sweep.ts'

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
const serviceRole = 'evergrant_service'
const testLogin = 'evergrant_test_service'

interface Server {
  readonly url: string
  readonly from: string
  readonly stop: () => Promise<void>
}

/** What the user gave by EVERGRANT_TEST_POSTGRES_URL and EVERGRANT_TEST_NATS_URL; else containers where an engine has
 * the images; else the embedded binaries. All of them are the real thing. */
export async function startSharedServers(): Promise<SharedServers> {
  await sweepTestServers()
  const { env } = process
  const { EVERGRANT_TEST_POSTGRES_URL: postgresUrl, EVERGRANT_TEST_NATS_URL: natsUrl, DOCKER_HOST } = env
  const given = (url: string, name: string): Server => ({
    url,
    from: `given by ${name}`,
    stop: async () => {},
  })
  const containers =
    postgresUrl === undefined && natsUrl === undefined ? await containersOrNothing(DOCKER_HOST) : undefined
  const starting: [Promise<Server>, Promise<Server>] = containers ?? [
    postgresUrl === undefined
      ? startPostgresServer().then((server) => ({ ...embedded, url: server.url, stop: server.stop }))
      : Promise.resolve(given(postgresUrl, 'EVERGRANT_TEST_POSTGRES_URL')),
    natsUrl === undefined
      ? startNatsServer().then((server) => ({ ...embedded, url: server.url, stop: server.stop }))
      : Promise.resolve(given(natsUrl, 'EVERGRANT_TEST_NATS_URL')),
  ]
  const stop = async () => {
    const started = await Promise.allSettled(starting)
    await Promise.all(started.map((each) => (each.status === 'fulfilled' ? each.value.stop() : undefined)))
  }
  try {
    const [postgres, nats] = await Promise.all(starting)
    await createRoles(postgres.url)
    const testRunId = randomBytes(4).toString('hex')
    return {
      postgresAdminUrl: postgres.url,
      natsUrl: nats.url,
      testRunId,
      description: `PostgreSQL ${postgres.from}, nats-server ${nats.from}`,
      stop: async () => {
        if (postgresUrl !== undefined) await dropDatabases(postgresUrl, `t_${testRunId}_`)
        await stop()
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

const embedded = { from: 'from embedded binaries' }

async function containersOrNothing(
  dockerHost: string | undefined,
): Promise<[Promise<Server>, Promise<Server>] | undefined> {
  const images = await usableImages(dockerHost)
  if (images === undefined) return undefined
  if ('lacking' in images) {
    process.stderr.write(`servers: ${images.lacking}; using embedded binaries\n`)
    return undefined
  }
  const { startContainerServers } = await import('./container-servers.ts')
  const servers = await startContainerServers(images).catch((error) => {
    process.stderr.write(`servers: the containers did not start (${error}); using embedded binaries\n`)
    return undefined
  })
  if (servers === undefined) return undefined
  const { postgresAdminUrl, natsUrl, stop } = servers
  return [
    Promise.resolve({ url: postgresAdminUrl, from: `in a container of ${images.postgres}`, stop }),
    Promise.resolve({ url: natsUrl, from: `in a container of ${images.nats}`, stop: async () => {} }),
  ]
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
