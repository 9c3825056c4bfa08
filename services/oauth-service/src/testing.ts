import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '@evergrant/decider'
import { migrate } from '@evergrant/event-store'
import { type GoogleEmulator, startGoogleEmulator } from '@evergrant/google-emulator'
import { createLogger, type Logger } from '@evergrant/service-runtime'
import { createTestIssuer, type TestIssuer } from '@evergrant/service-runtime/testing'
import { type OwnNatsServer, startNatsServer, type TestDatabase, useDatabase } from '@evergrant/stack/testing'
import { exportJWK, generateKeyPair } from 'jose'
import { Client } from 'pg'
import { afterAll, beforeAll } from 'vitest'
import { type OauthConfig, readOauthConfig } from './config.ts'
import { migrations } from './migrations/all.ts'
import { type RunningOauthService, startOauthService } from './service.ts'

/** A clock that can be set forward: two minutes must not take two minutes. */
interface MovableClock extends Clock {
  advance(seconds: number): void
}

function movableClock(): MovableClock {
  let offsetMs = 0
  return {
    now: () => new Date(Date.now() + offsetMs),
    advance: (seconds) => {
      offsetMs += seconds * 1000
    },
  }
}

/** What surrounds the service in a spec: real PostgreSQL and NATS, the Google emulator, an issuer. */
export interface Surroundings {
  readonly database: TestDatabase
  readonly clock: MovableClock
  readonly google: GoogleEmulator
  readonly issuer: TestIssuer
  readonly nats: OwnNatsServer
  readonly sealingPrivateKey: Awaited<ReturnType<typeof generateKeyPair>>['privateKey']
  /** Every log line written so far. */
  readonly logLines: readonly string[]
  readonly publicUrl: string
  readonly service: RunningOauthService
  /** What a process of its own needs to be this service. */
  environment(): Record<string, string>
  /** How many ciphertexts are still kept for an authorization. */
  secretsKept(authorizationId: string): Promise<number>
  /** Another replica, or the same one with other settings; stopped at the end. */
  start(changes?: Partial<OauthConfig>): Promise<RunningOauthService>
}

/** Starts everything once for a spec file. */
export function useOauthService(): Surroundings {
  const database = useDatabase({
    template: { name: 'oauth_service', migrate: (url) => migrate({ url, migrations }) },
  })
  const clock = movableClock()
  const logLines: string[] = []
  const stops: (() => Promise<unknown>)[] = []
  const parts = {} as Omit<
    Surroundings,
    'database' | 'clock' | 'logLines' | 'start' | 'environment' | 'secretsKept'
  >

  const start = async (changes: Partial<OauthConfig> = {}) => {
    const config = { ...readOauthConfig(environmentOf(parts, database)), ...changes }
    const service = await startOauthService(config, {
      clock,
      logger: collectingLogger(logLines),
      sweepEveryMs: 50,
    })
    stops.unshift(() => service.stop())
    return service
  }
  beforeAll(async () => {
    const issuer = await createTestIssuer()
    const google = await startGoogleEmulator()
    const nats = await startNatsServer()
    stops.push(
      () => google.close(),
      () => issuer.close(),
      () => nats.stop(),
    )
    const { publicKey, privateKey } = await generateKeyPair('ECDH-ES+A256KW', {
      crv: 'P-256',
      extractable: true,
    })
    const folder = await mkdtemp(join(tmpdir(), 'evergrant-oauth-'))
    stops.push(() => rm(folder, { recursive: true, force: true }))
    await writeFile(keyFileIn(folder), randomBytes(32).toString('base64url'))
    const sealing = { sealingPrivateKey: privateKey, sealingJwk: JSON.stringify(await exportJWK(publicKey)) }
    const publicUrl = 'http://127.0.0.1:8080'
    Object.assign(parts, { issuer, google, nats, folder, publicUrl, ...sealing })
    Object.assign(parts, { service: await start() })
  })
  afterAll(async () => {
    for (const stop of stops) await stop()
  })
  const own = {
    database,
    clock,
    logLines,
    start,
    environment: () => environmentOf(parts, database),
    secretsKept: (authorizationId: string) => countSecrets(database.url, authorizationId),
  }
  return new Proxy(own as unknown as Surroundings, {
    get: (_own, name) => Reflect.get(own, name) ?? Reflect.get(parts, name),
  })
}

function environmentOf(parts: object, database: TestDatabase): Record<string, string> {
  const { google, issuer, nats, publicUrl, sealingJwk, folder } = parts as Surroundings & {
    readonly sealingJwk: string
    readonly folder: string
  }
  return {
    DATABASE_URL: database.serviceUrl,
    NATS_URL: nats.url,
    AUTH_ISSUER: issuer.issuer,
    AUTH_AUDIENCE: issuer.audience,
    AUTH_JWKS_URI: issuer.jwksUri,
    PUBLIC_URL: publicUrl,
    RETURN_TO_ORIGINS: 'https://app.example',
    GOOGLE_ISSUER: google.url,
    GOOGLE_CLIENT_ID: google.client.clientId,
    GOOGLE_CLIENT_SECRET: google.client.clientSecret,
    TOKEN_SEALING_PUBLIC_KEY: sealingJwk,
    SECRETS_KEY_FILE: keyFileIn(folder),
  }
}

async function countSecrets(url: string, authorizationId: string): Promise<number> {
  const client = new Client(url)
  await client.connect()
  try {
    const { rows } = await client.query<{ kept: number }>(
      `select num_nonnulls(sealed_verifier, sealed_nonce) as kept
       from authorization_secret where authorization_id = $1`,
      [authorizationId],
    )
    return rows[0]?.kept ?? 0
  } finally {
    await client.end()
  }
}

function keyFileIn(folder: string): string {
  return join(folder, 'secrets.key')
}

function collectingLogger(lines: string[]): Logger {
  const destination = { write: (line: string) => void lines.push(line) }
  return createLogger({ name: 'oauth-service', level: 'trace', destination })
}
