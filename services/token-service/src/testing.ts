import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectEventBus, type EventBus } from '@evergrant/event-bus'
import { connectionIdOf, type contracts, type DataOf, type Service } from '@evergrant/event-contracts'
import { migrate } from '@evergrant/event-store'
import { type GoogleEmulator, startGoogleEmulator } from '@evergrant/google-emulator'
import { systemClock } from '@evergrant/service-runtime'
import { createTestIssuer, type TestIssuer } from '@evergrant/service-runtime/testing'
import { startNatsServer, useDatabase } from '@evergrant/stack/testing'
import { afterAll, afterEach, beforeAll, expect, vi } from 'vitest'
import { z } from 'zod'
import { readTokenConfig } from './config.ts'
import { migrations } from './migrations/all.ts'
import { startTokenService, type TokenService, type TokenServiceOptions } from './service.ts'
import { type Consent, issuedFor, publishIssued, type SealingKey, writeKeys } from './testing/token-issued.ts'

/** What the specs look at; everything else is left as it comes. */
const answerSchema = z.looseObject({
  accessToken: z.string().optional(),
  generation: z.number().optional(),
  lastUsedAt: z.string().nullish(),
  nextCursor: z.string().nullish(),
  items: z.array(z.looseObject({ type: z.string().optional() })).optional(),
})

export type ReplicaOptions = TokenServiceOptions & ReplicaEnvironment

interface ReplicaEnvironment {
  /** By default the emulator. */
  readonly issuer?: string
  readonly instanceId?: string
  readonly clientSecret?: string
  readonly refreshTokenPolicy?: string
  readonly securityEventsUrl?: string
  readonly vendJournalDir?: string
  readonly vendsKeptDays?: number
}

export interface Connected {
  readonly user: string
  readonly grantId: string
  readonly issued: DataOf<typeof contracts.tokenIssued>
  connectionId(service?: Service): string
}

/** Everything around token-service for one spec file: real PostgreSQL, real NATS, the emulator, and oauth-service's part
 * played by hand. */
export function useTokenWorld() {
  const database = useDatabase({
    template: { name: 'token_service', migrate: (url) => migrate({ url, migrations }) },
  })
  const running: TokenService[] = []
  const closers: (() => Promise<unknown>)[] = []
  let google: GoogleEmulator
  let issuer: TestIssuer
  let bus: EventBus
  let natsUrl: string
  let folder: string
  let publicKey: SealingKey

  beforeAll(async () => {
    const nats = await startNatsServer()
    natsUrl = nats.url
    google = await startGoogleEmulator()
    issuer = await createTestIssuer()
    bus = await connectEventBus({ url: natsUrl, name: 'oauth-service', clock: systemClock })
    await bus.declareStream({ name: 'OAUTH', subjects: ['evergrant.oauth.*.v1'] })
    folder = await mkdtemp(join(tmpdir(), 'token-service-'))
    publicKey = await writeKeys(folder)
    closers.push(
      () => nats.stop(),
      () => google.close(),
      () => issuer.close(),
      () => bus.close(),
    )
    closers.push(() => rm(folder, { recursive: true }))
  })
  afterEach(() => {
    google.clearFaults()
    google.clearRequests()
  })
  afterAll(async () => {
    await Promise.all(running.map((service) => service.stop()))
    for (const close of closers.reverse()) await close()
  })

  /** What a replica of this world reads its configuration from. */
  const environment = (options: ReplicaEnvironment = {}) => ({
    DATABASE_URL: database.serviceUrl,
    NATS_URL: natsUrl,
    AUTH_ISSUER: issuer.issuer,
    AUTH_AUDIENCE: issuer.audience,
    AUTH_JWKS_URI: issuer.jwksUri,
    PUBLIC_URL: 'http://127.0.0.1:8080',
    LOG_LEVEL: 'fatal',
    GOOGLE_ISSUER: options.issuer ?? google.url,
    GOOGLE_CLIENT_ID: google.client.clientId,
    GOOGLE_CLIENT_SECRET: options.clientSecret ?? google.client.clientSecret,
    TOKEN_SEALING_PRIVATE_KEY_FILE: join(folder, 'sealing.json'),
    VAULT_KEY_RING_FILE: join(folder, 'ring.json'),
    INSTANCE_ID: options.instanceId,
    REFRESH_TOKEN_POLICY: options.refreshTokenPolicy,
    GOOGLE_SECURITY_EVENTS_URL: options.securityEventsUrl,
    VEND_JOURNAL_DIR: options.vendJournalDir,
    VENDS_KEPT_DAYS: options.vendsKeptDays?.toString(),
  })

  const start = async (options: ReplicaOptions = {}) => {
    const config = readTokenConfig(environment(options))
    const service = await startTokenService(config, options)
    running.push(service)
    return service
  }

  const publish = (issued: Connected['issued'], options: { readonly repair?: number } = {}) =>
    publishIssued(bus, issued, options)

  return {
    database,
    start,
    environment,
    publish,
    google: () => google,
    issuer: () => issuer,
    bus: () => bus,
    /** Publishes what oauth-service would after a consent. */
    async issue(consent: Consent = {}): Promise<Connected> {
      const issued = await issuedFor(google, publicKey, consent)
      await publish(issued)
      return {
        user: issued.userId,
        grantId: issued.grantId,
        issued,
        connectionId: (service = 'calendar') => connectionIdOf(issued.grantId, service),
      }
    },
    /** One HTTP call to a replica. */
    async call(
      service: Pick<TokenService, 'url'>,
      path: string,
      as: { sub: string; scope?: string; method?: string; body?: unknown; idempotencyKey?: string },
    ) {
      const authorization = await issuer.bearer(as.sub, as.scope === undefined ? {} : { scope: as.scope })
      const response = await fetch(`${service.url}${path}`, {
        method: as.method ?? 'GET',
        headers: {
          authorization,
          ...(as.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(as.idempotencyKey === undefined ? {} : { 'idempotency-key': as.idempotencyKey }),
        },
        ...(as.body === undefined ? {} : { body: JSON.stringify(as.body) }),
      })
      return {
        status: response.status,
        headers: response.headers,
        body: answerSchema.parse(await response.json()),
      }
    },
    /** Waits until a replica knows the connection, or knows it as wanted. */
    connection(
      service: Pick<TokenService, 'url'>,
      connected: Connected,
      wanted: { readonly service?: Service; readonly is?: Record<string, unknown> } = {},
    ) {
      return vi.waitFor(
        async () => {
          const path = `/v1/connections/${connected.connectionId(wanted.service)}`
          const { status, body } = await this.call(service, path, { sub: connected.user })
          expect(status).toBe(200)
          expect(body).toMatchObject(wanted.is ?? {})
          return body
        },
        { timeout: 15_000, interval: 50 },
      )
    },
    vend(service: Pick<TokenService, 'url'>, connected: Connected, body: object = {}) {
      return this.call(service, `/v1/connections/${connected.connectionId()}/access-token`, {
        sub: 'calendar-service',
        scope: 'tokens:read',
        method: 'POST',
        body,
      })
    },
    /** Refreshes Google was asked for. */
    refreshCalls: () =>
      google
        .requests({ method: 'POST', path: '/token' })
        .filter(({ form }) => form.grant_type !== 'authorization_code'),
  }
}
