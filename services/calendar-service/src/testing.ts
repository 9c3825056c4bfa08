import { randomUUID } from 'node:crypto'
import { connectEventBus, type EventBus, type Reply } from '@evergrant/event-bus'
import {
  type Connection,
  type Contract,
  calendarIdOf,
  connectionIdOf,
  contracts,
  type DataOf,
  encodeEvent,
  grantIdOf,
  publication,
  type Service,
} from '@evergrant/event-contracts'
import { migrate } from '@evergrant/event-store'
import { type GoogleEmulator, startGoogleEmulator } from '@evergrant/google-emulator'
import { systemClock } from '@evergrant/service-runtime'
import { createTestIssuer, type TestIssuer } from '@evergrant/service-runtime/testing'
import { type OwnNatsServer, startNatsServer, useDatabase } from '@evergrant/stack/testing'
import { afterAll, afterEach, beforeAll, expect, vi } from 'vitest'
import { z } from 'zod'
import { migrations } from './migrations/all.ts'
import { type CalendarService, startCalendarService } from './service.ts'
import { apiCalls } from './testing/api-calls.ts'
import { activeConnection, type ConnectedUser } from './testing/connected-user.ts'
import { type ReplicaOptions, replicaConfig } from './testing/replica-config.ts'

export type { ConnectedUser }

const vendSchema = z.object({
  connectionId: z.string(),
  minValiditySeconds: z.number(),
  requiredScopes: z.array(z.string()),
})

/** Everything around calendar-service for one spec file: real PostgreSQL, real NATS, the Google emulator; oauth-service's
 * and token-service's parts are played by hand. */
export function useCalendarWorld() {
  const database = useDatabase({
    template: { name: 'calendar_service', migrate: (url) => migrate({ url, migrations }) },
  })
  const running = new Set<CalendarService>()
  const versions = new Map<string, number>()
  const refusals = new Map<string, Reply>()
  const owners = new Map<string, { readonly email: string; readonly service: Service }>()
  let nats: OwnNatsServer
  let google: GoogleEmulator
  let issuer: TestIssuer
  let bus: EventBus
  let vends: { readonly connectionId: string; readonly minValiditySeconds: number }[] = []

  beforeAll(async () => {
    nats = await startNatsServer()
    google = await startGoogleEmulator({ seed: 'empty' })
    issuer = await createTestIssuer()
    bus = await connectEventBus({ url: nats.url, name: 'token-service', clock: systemClock })
    await bus.declareStream({ name: 'OAUTH', subjects: ['evergrant.oauth.*.v1'] })
    await bus.declareStream({ name: 'TOKEN', subjects: ['evergrant.token.*.v1'] })
    const subject = 'evergrant.token.access-token.get'
    const handle = async (body: unknown): Promise<Reply> => {
      const asked = vendSchema.parse(body)
      vends.push(asked)
      const refusal = refusals.get(asked.connectionId)
      if (refusal) return refusal
      const { email } = owners.get(asked.connectionId) ?? { email: '' }
      const { accessToken } = google.issueTokens({ email, scopes: asked.requiredScopes })
      return { ok: true, body: { accessToken, tokenType: 'Bearer' } }
    }
    const endpoints = { 'access-token': { subject, handle } }
    await bus.serve({ name: 'token-service', version: '0.0.0', description: 'played by a test', endpoints })
  })
  afterEach(() => {
    google.clearFaults()
    google.clearRequests()
    google.planPages([])
    vends = []
  })
  afterAll(async () => {
    await Promise.all([...running].map((service) => service.stop()))
    await bus.close()
    await issuer.close()
    await google.close()
    await nats.stop()
  })

  const environment = (): Record<string, string> => ({
    DATABASE_URL: database.serviceUrl,
    NATS_URL: nats.url,
    AUTH_ISSUER: issuer.issuer,
    AUTH_AUDIENCE: issuer.audience,
    AUTH_JWKS_URI: issuer.jwksUri,
    PUBLIC_URL: 'http://127.0.0.1:8080',
    LOG_LEVEL: 'fatal',
    GOOGLE_API_ROOT_URL: google.url,
  })
  const start = async ({
    staleAfterSeconds,
    lanes,
    publicUrl,
    quotas,
    gmailPush,
    ...options
  }: ReplicaOptions = {}) => {
    const config = replicaConfig(environment(), { staleAfterSeconds, lanes, publicUrl, quotas, gmailPush })
    const service = await startCalendarService(config, { idleMs: 100, ...options })
    running.add(service)
    const stop = async () => {
      if (running.delete(service)) await service.stop()
    }
    return { ...service, stop }
  }

  /** Publishes as another service would, with versions dense per stream. */
  const publish = async <C extends Contract>(
    contract: C,
    data: DataOf<C>,
    from: { readonly source: string; readonly streamId: string },
  ) => {
    const key = `${from.source}/${from.streamId}`
    const version = (versions.get(key) ?? 0) + 1
    versions.set(key, version)
    const identity = { ...from, version }
    const message = encodeEvent(publication(contract, data), { ...identity, time: new Date().toISOString() })
    const [outcome] = await bus.publish([{ ...message, ...identity, repair: 0 }])
    expect(outcome?.status).toBe('published')
  }

  /** A user with a Google account whose primary calendar can be filled before they connect. */
  const newUser = (user = `user-${randomUUID()}`, service: Service = 'calendar'): ConnectedUser => {
    const email = `${user}@example.com`
    const account = google.addAccount({ email, timeZone: 'Europe/Berlin' })
    const grantId = grantIdOf(user, google.url, account.sub)
    const connectionId = connectionIdOf(grantId, service)
    owners.set(connectionId, { email, service })
    return {
      user,
      service,
      email,
      grantId,
      connectionId,
      account: { id: account.sub, email },
      calendarId: (googleId = email) => calendarIdOf(connectionId, googleId),
    }
  }
  /** What token-service says about the connection. */
  const connectionIs = async (connected: ConnectedUser, changed: Partial<Connection> = {}) => {
    const at = new Date().toISOString()
    const connection = activeConnection(connected, { connectedAt: at, ...changed })
    await publish(
      contracts.connectionChanged,
      { userId: connected.user, connection, changedAt: at },
      { source: 'token-service', streamId: `grant-${connected.grantId}` },
    )
  }
  const { call, all } = apiCalls(() => issuer)
  const ended = (service: Pick<CalendarService, 'url'>, connected: ConnectedUser, syncId: string) => {
    return vi.waitFor(
      async () => {
        const { body, text } = await call(service, `/v1/calendar/syncs/${syncId}`, {
          sub: connected.user,
        })
        expect(['completed', 'failed'], text).toContain(body.status)
        return body
      },
      { timeout: 15_000, interval: 30 },
    )
  }
  /** Waits until the calendars say they are fresh, or whatever else is wanted. */
  const calendars = (service: Pick<CalendarService, 'url'>, connected: ConnectedUser, status = 'fresh') => {
    return vi.waitFor(
      async () => {
        const items = await all(service, '/v1/calendar/calendars', connected.user)
        expect(items.length).toBeGreaterThan(0)
        for (const item of items) expect(item).toMatchObject({ sync: { status } })
        return items
      },
      { timeout: 15_000, interval: 50 },
    )
  }

  /** Waits until a mailbox's or drive's copy is fresh, or whatever else is wanted. */
  const items = (service: Pick<CalendarService, 'url'>, connected: ConnectedUser, status = 'fresh') => {
    const path = connected.service === 'gmail' ? '/v1/gmail/messages' : '/v1/drive/files'
    return vi.waitFor(
      async () => {
        const { body, text } = await call(service, path, { sub: connected.user })
        expect(body, text).toMatchObject({ sync: [{ connectionId: connected.connectionId, status }] })
        return body
      },
      { timeout: 15_000, interval: 30 },
    )
  }

  return {
    items,
    database,
    environment,
    newUser,
    connectionIs,
    ended,
    calendars,
    start,
    publish,
    google: () => google,
    bus: () => bus,
    vends: () => vends,
    /** Calls that write events, as `METHOD status`. */
    writes: () =>
      google
        .requests({ path: '/calendar/v3/calendars/' })
        .filter(({ method }) => method !== 'GET')
        .map(({ method, status }) => `${method} ${status}`),
    eventRequests: () =>
      google
        .requests({ method: 'GET', path: '/calendar/v3/calendars/' })
        .filter(({ path }) => path.endsWith('/events')),
    /** How token-service answers for a connection from now on; null for a token again. */
    refuseTokens(connected: ConnectedUser, reply: Reply | null) {
      if (reply === null) refusals.delete(connected.connectionId)
      else refusals.set(connected.connectionId, reply)
    },
    call,
    all,
    events(service: Pick<CalendarService, 'url'>, connected: ConnectedUser, query = '') {
      return all(service, `/v1/calendar/events?limit=200${query}`, connected.user)
    },
    /** Asks for a sync and waits for its end. */
    async sync(service: Pick<CalendarService, 'url'>, connected: ConnectedUser, body: object = {}) {
      const asked = await call(service, '/v1/calendar/syncs', {
        sub: connected.user,
        method: 'POST',
        body,
      })
      expect(asked.status, asked.text).toBe(202)
      return ended(service, connected, asked.body.id ?? '')
    },
    /** Connects a user and waits for the first sync; what Google and token-service were asked until then is forgotten. */
    async connected(service: Pick<CalendarService, 'url'>, user = newUser()) {
      await connectionIs(user)
      if (user.service === 'calendar') await calendars(service, user)
      else await items(service, user)
      google.clearRequests()
      vends = []
      return user
    },
  }
}
