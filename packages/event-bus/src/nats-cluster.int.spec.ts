import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, type OwnNatsServer, startNatsServer } from '@evergrant/stack/testing'
import { connect, type NatsConnection } from 'nats'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { EventBus } from './event-bus.ts'
import { connectEventBus } from './nats-event-bus.ts'
import { event } from './test-events.ts'

const clock = { now: () => new Date() }
const infra = join(import.meta.dirname, '../../../infra')
const names = ['nats-0', 'nats-1', 'nats-2'] as const
const token = { name: 'TOKEN', subjects: ['evergrant.token.*.v1'] }
const subject = 'evergrant.token.happened.v1'

/** The configuration of the cluster in Kubernetes; only addresses and folders are a test's. */
async function startCluster(folder: string): Promise<OwnNatsServer[]> {
  copyFileSync(join(infra, 'nats/nats-server.conf'), join(folder, 'nats-server.conf'))
  copyFileSync(join(infra, 'kubernetes/nats/cluster.conf'), join(folder, 'cluster.conf'))
  const ports = await Promise.all(names.map(() => freePort()))
  const routes = ports.map((port) => `nats://route:p-route@127.0.0.1:${port}`)
  return Promise.all(
    names.map((name, index) =>
      startNatsServer({
        config: {
          file: join(folder, 'cluster.conf'),
          variables: {
            NATS_SERVER_NAME: name,
            NATS_PID_FILE: join(folder, `${name}.pid`),
            NATS_CLUSTER_LISTEN: `127.0.0.1:${ports[index]}`,
            NATS_CLUSTER_PASSWORD: 'p-route',
            NATS_ROUTES: JSON.stringify(routes),
            NATS_OAUTH_SERVICE_PASSWORD: 'p-oauth',
            NATS_TOKEN_SERVICE_PASSWORD: 'p-token',
            NATS_CALENDAR_SERVICE_PASSWORD: 'p-calendar',
            NATS_OPERATOR_PASSWORD: 'p-operator',
          },
        },
      }),
    ),
  )
}

describe('three servers with the configuration of infra/kubernetes/nats', () => {
  const folder = mkdtempSync(join(tmpdir(), 'evergrant-spec-'))
  let servers: OwnNatsServer[] = []
  let bus: EventBus
  let operator: NatsConnection

  const loginOf = (user: string, password: string) =>
    servers.map(({ port }) => `nats://${user}:${password}@127.0.0.1:${port}`).join(',')
  const copies = async () => {
    const manager = await operator.jetstreamManager({ timeout: 2_000 })
    const { config, cluster } = await manager.streams.info(token.name)
    const followers = cluster?.replicas ?? []
    return {
      wanted: config.num_replicas,
      current: followers.filter(({ current }) => current).length,
      leader: cluster?.leader,
    }
  }

  beforeAll(async () => {
    servers = await startCluster(folder)
    bus = await connectEventBus({ url: loginOf('token-service', 'p-token'), name: 'token-service', clock })
    operator = await connect({
      servers: servers.map(({ port }) => `127.0.0.1:${port}`),
      user: 'operator',
      pass: 'p-operator',
      inboxPrefix: '_INBOX_operator',
    })
  })
  afterAll(async () => {
    await operator?.close()
    await bus?.close()
    await Promise.all(servers.map((server) => server.stop()))
    rmSync(folder, { recursive: true, force: true })
  })

  it('answer what Kubernetes asks them', async () => {
    const manifest = readFileSync(join(infra, 'kubernetes/nats/servers.yaml'), 'utf8')
    const paths = [...manifest.matchAll(/httpGet: \{ path: "?([^",]+)/g)].map(([, path]) => path)
    expect(paths).toHaveLength(3)
    for (const path of paths)
      for (const { monitorUrl } of servers) expect((await fetch(`${monitorUrl}${path}`)).status).toBe(200)
  })

  it('a stream that had one copy gets three, with what is in it', async () => {
    await bus.declareStream(token)
    await bus.publish([event(subject, 'early', 1)])
    expect(await copies()).toMatchObject({ wanted: 1, current: 0 })
    await bus.declareStream({ ...token, replicas: 3 })
    await vi.waitFor(async () => expect(await copies()).toMatchObject({ wanted: 3, current: 2 }), {
      timeout: 20_000,
      interval: 200,
    })
  })

  it('an event outlives the server that led its stream, and the next one is taken', {
    timeout: 60_000,
  }, async () => {
    const { leader } = await copies()
    // The test kit names its servers itself.
    const led = servers.find(({ port }) => leader === `nats-${port}`)
    expect(led).toBeDefined()
    await led?.kill()
    await vi.waitFor(
      async () => {
        const [outcome] = await bus.publish([event(subject, 'late', 1)])
        expect(outcome?.status).toBe('published')
      },
      { timeout: 20_000, interval: 500 },
    )
    // A request in the middle of an election, or over a connection that just moved, may get no answer at all.
    await vi.waitFor(
      async () => {
        expect((await copies()).leader).not.toBe(leader)
        const stored = await (await operator.jetstreamManager()).streams.getMessage(token.name, { seq: 1 })
        expect(stored.header.get('ce-id')).toBe('early@1')
      },
      { timeout: 30_000, interval: 500 },
    )
  })
})
