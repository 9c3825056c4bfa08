import { connectEventBus, type EventBus } from '@evergrant/event-bus'
import { connect, type NatsConnection } from 'nats'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type OwnNatsServer, startNatsServer } from '../testing.ts'

const users = ['oauth-service', 'token-service', 'calendar-service', 'operator'] as const
type User = (typeof users)[number]
const password = 'plain1e9'
const contextOf: Record<string, string> = {
  'oauth-service': 'oauth',
  'token-service': 'token',
  'calendar-service': 'calendar',
}
const consumed: readonly (readonly [User, string])[] = [
  ['oauth-service', 'TOKEN'],
  ['token-service', 'OAUTH'],
  ['calendar-service', 'OAUTH'],
  ['calendar-service', 'TOKEN'],
  ['calendar-service', 'CALENDAR'],
]
const patience = { timeout: 10_000, interval: 20 }

describe("what each service's NATS user may do", () => {
  let server: OwnNatsServer
  const buses = new Map<User, EventBus>()
  const errors: unknown[] = []

  beforeAll(async () => {
    server = await startNatsServer({
      config: {
        file: new URL('../../../../infra/nats/nats-server.conf', import.meta.url).pathname,
        variables: {
          NATS_OAUTH_SERVICE_PASSWORD: password,
          NATS_TOKEN_SERVICE_PASSWORD: password,
          NATS_CALENDAR_SERVICE_PASSWORD: password,
          NATS_OPERATOR_PASSWORD: password,
        },
      },
    })
    for (const user of users) {
      const url = `nats://${user}:${password}@127.0.0.1:${server.port}`
      const clock = { now: () => new Date() }
      buses.set(
        user,
        await connectEventBus({ url, name: user, clock, onError: (error) => errors.push(error) }),
      )
    }
  })
  afterAll(async () => {
    await Promise.all([...buses.values()].map((bus) => bus.close()))
    await server?.stop()
  })

  function busOf(user: User): EventBus {
    const bus = buses.get(user)
    if (bus === undefined) throw new Error(`${user} is not connected`)
    return bus
  }

  async function raw<Result>(user: User, work: (nats: NatsConnection) => Promise<Result>): Promise<Result> {
    const nats = await connect({
      servers: `127.0.0.1:${server.port}`,
      user,
      pass: password,
      inboxPrefix: `_INBOX_${user}`,
      reconnect: false,
    })
    try {
      return await work(nats)
    } finally {
      await nats.close()
    }
  }

  const message = (context: string) => ({
    source: `${context}-service`,
    streamId: 'one',
    version: 1,
    repair: 0,
    subject: `evergrant.${context}.token-issued.v1`,
    headers: {},
    payload: new TextEncoder().encode('{}'),
  })

  it('is enough to publish, consume, acknowledge, wake, compare, repair and borrow, without one violation', async () => {
    const seen: string[] = []
    for (const [user, context] of Object.entries(contextOf)) {
      const bus = busOf(user as User)
      await bus.declareStream({ name: context.toUpperCase(), subjects: [`evergrant.${context}.*.v1`] })
      expect(await bus.publish([message(context)])).toMatchObject([{ status: 'published' }])
      bus.listen('evergrant.wake.*', () => void seen.push(`${user} woken`))
      bus.listen('evergrant.digest.*', () => void seen.push(`${user} digest`))
      const subject = `evergrant.repair.${context}`
      const handle = async () => ({ ok: true as const, body: 'repaired' })
      await bus.serve({
        name: `${user}-repair`,
        version: '1.0.0',
        description: 'repairs',
        endpoints: { repair: { subject, handle } },
      })
    }
    for (const [user, stream] of consumed)
      busOf(user).consume({ stream, durable: user }, async () => {
        seen.push(`${user} ${stream}`)
        return { status: 'done' }
      })
    await vi.waitFor(() => expect(seen).toHaveLength(consumed.length), patience)
    for (const [user, stream] of consumed)
      await vi.waitFor(
        async () =>
          expect(await busOf(user).lag({ stream, durable: user })).toEqual({ waiting: 0, unacknowledged: 0 }),
        patience,
      )

    busOf('oauth-service').broadcast('evergrant.wake.token-service', null)
    busOf('token-service').broadcast('evergrant.digest.token', {})
    await vi.waitFor(() => expect(seen).toHaveLength(consumed.length + 6), patience)

    const handle = async () => ({ ok: true as const, body: 'token' })
    await busOf('token-service').serve({
      name: 'token-service',
      version: '1.0.0',
      description: 'vends',
      endpoints: { get: { subject: 'evergrant.token.access-token.get', handle } },
    })
    const asking = [
      ['calendar-service', 'evergrant.token.access-token.get', 'token'],
      ['operator', 'evergrant.token.access-token.get', 'token'],
      ['calendar-service', 'evergrant.repair.token', 'repaired'],
    ] as const
    for (const [user, subject, body] of asking)
      expect(await busOf(user).request(subject, {}, { timeoutMs: 5_000 })).toEqual({ ok: true, body })
    expect(errors).toEqual([])
  })

  it('is enough for every service to see how old what it has not processed is, and what it said itself', async () => {
    const own = [
      ['oauth-service', 'OAUTH'],
      ['token-service', 'TOKEN'],
      ['calendar-service', 'CALENDAR'],
    ] as const
    for (const [user, stream] of [...consumed, ...own]) {
      const asked = JSON.stringify({ seq: 1, next_by_subj: '>' })
      const answer = await raw(user, (nats) => nats.request(`$JS.API.STREAM.MSG.GET.${stream}`, asked))
      expect(answer.json(), `${user} on ${stream}`).toMatchObject({ message: { time: expect.any(String) } })
    }
  })

  it.each([
    ['oauth-service', 'evergrant.token.token-refreshed.v1'],
    ['calendar-service', 'evergrant.token.connection-changed.v1'],
    ['token-service', 'evergrant.calendar.sync-requested.v1'],
    ['operator', 'evergrant.token.token-refreshed.v1'],
    ['oauth-service', 'evergrant.token.access-token.get'],
    ['calendar-service', '$JS.API.STREAM.DELETE.TOKEN'],
    ['token-service', '$JS.API.STREAM.PURGE.TOKEN'],
    ['calendar-service', '$JS.API.CONSUMER.MSG.NEXT.OAUTH.token-service'],
    ['operator', '$JS.API.CONSUMER.MSG.NEXT.OAUTH.token-service'],
    ['operator', '$JS.API.STREAM.DELETE.OAUTH'],
  ] as const)('keeps %s from publishing %s', async (user, subject) => {
    const refused = raw(user, (nats) => nats.request(subject, '{}', { timeout: 3_000 }))
    await expect(refused).rejects.toMatchObject({ code: 'PERMISSIONS_VIOLATION' })
  })

  it.each([
    ['oauth-service', 'evergrant.token.access-token.get'],
    ['calendar-service', 'evergrant.token.access-token.get'],
    ['calendar-service', '_INBOX_token-service.>'],
    ['operator', '_INBOX_token-service.>'],
    ['oauth-service', 'evergrant.token.*.v1'],
    ['oauth-service', '$JS.>'],
  ] as const)('keeps %s from listening to %s', async (user, subject) => {
    const refusal = await raw(
      user,
      (nats) =>
        new Promise((resolve) => {
          nats.subscribe(subject, { callback: (error) => resolve(error) })
        }),
    )
    expect(refusal).toMatchObject({ code: 'PERMISSIONS_VIOLATION' })
  })

  it('is nothing without a password', async () => {
    const anonymous = connect({ servers: `127.0.0.1:${server.port}`, reconnect: false })
    await expect(anonymous).rejects.toMatchObject({ code: 'AUTHORIZATION_VIOLATION' })
  })

  it('lets an operator read every public event', async () => {
    const subjects = await raw('operator', async (nats) => {
      const seen: string[] = []
      nats.subscribe('evergrant.>', { callback: (_, { subject }) => void seen.push(subject) })
      await nats.flush()
      await busOf('oauth-service').publish([{ ...message('oauth'), version: 2 }])
      await vi.waitFor(() => expect(seen).toContain('evergrant.oauth.token-issued.v1'), patience)
      return seen
    })
    expect(subjects).toContain('evergrant.oauth.token-issued.v1')
  })
})
