import { dirname, join } from 'node:path'
import type { Secrets } from '../data-directory/secrets.ts'
import type { GoogleClient } from '../google-settings.ts'
import type { CallerIdentity } from '../options.ts'

/** The databases' services, in the order of the main job. */
export const databaseServices = [
  { name: 'oauth-service', database: 'oauth', role: 'oauth_service' },
  { name: 'token-service', database: 'token', role: 'token_service' },
  { name: 'calendar-service', database: 'calendar', role: 'calendar_service' },
] as const

export type DatabaseService = (typeof databaseServices)[number]

export interface ServiceSurroundings {
  readonly inherited: Readonly<Record<string, string>>
  readonly postgresAdminUrl: string
  /** With a login of its own for each service, or the one that was given. */
  readonly natsUrlOf: (user: string) => string
  readonly callers: CallerIdentity
  readonly google: GoogleClient
  readonly publicUrl: string
  readonly returnToOrigins: string
  readonly secrets: Secrets
}

export function entryOf(root: string, service: string): string {
  return join(root, 'services', service, 'src', 'main.ts')
}

export function migrationOf(root: string, service: string): string {
  return join(root, 'services', service, 'src', 'migrate.ts')
}

/** The same server and database parameters, another login and database. */
export function databaseUrl(adminUrl: string, user: string, password: string, database: string): string {
  const url = new URL(adminUrl)
  url.username = user
  // The setter leaves a percent sign as it is.
  url.password = encodeURIComponent(password)
  url.pathname = `/${database}`
  return url.href
}

/** One service process's whole environment. */
export function serviceEnvironment(
  service: DatabaseService,
  replica: number,
  around: ServiceSurroundings,
): Record<string, string> {
  const { secrets } = around
  return {
    ...around.inherited,
    DATABASE_URL: databaseUrl(
      around.postgresAdminUrl,
      service.role,
      secrets.passwords[service.role],
      service.database,
    ),
    NATS_URL: around.natsUrlOf(service.name),
    AUTH_ISSUER: around.callers.issuer,
    AUTH_AUDIENCE: around.callers.audience,
    AUTH_JWKS_URI: around.callers.jwksUri,
    PUBLIC_URL: around.publicUrl,
    // The operator's own is about who stands in front of the gateway; in front of a service it is the gateway, on this machine.
    TRUSTED_PROXIES: 'loopback',
    INSTANCE_ID: `${service.name}-${replica}`,
    ...ownEnvironment(service.name, around),
  }
}

/** What only this service is told: no other process sees its keys. */
function ownEnvironment(
  name: DatabaseService['name'],
  { google, secrets, returnToOrigins, inherited }: ServiceSurroundings,
): Record<string, string> {
  const client = {
    GOOGLE_ISSUER: google.issuer,
    ...(google.clientId === undefined ? {} : { GOOGLE_CLIENT_ID: google.clientId }),
    ...(google.clientSecret === undefined ? {} : { GOOGLE_CLIENT_SECRET: google.clientSecret }),
  }
  if (name === 'oauth-service')
    return {
      ...client,
      RETURN_TO_ORIGINS: returnToOrigins,
      TOKEN_SEALING_PUBLIC_KEY: JSON.stringify(secrets.tokenSealingPublicKey),
      SECRETS_KEY_FILE: secrets.oauthSecretsKeyFile,
    }
  if (name === 'token-service')
    return {
      ...client,
      GOOGLE_TOKENINFO_URL: google.tokeninfoUrl,
      TOKEN_SEALING_PRIVATE_KEY_FILE: secrets.tokenSealingPrivateKeyFile,
      VAULT_KEY_RING_FILE: secrets.vaultKeyRingFile,
      VEND_JOURNAL_DIR: join(dirname(secrets.vaultKeyRingFile), '..', 'vend-journal'),
    }
  return {
    GOOGLE_API_ROOT_URL: google.apiRootUrl,
    ...frugalMemory,
    NODE_OPTIONS: [frugalMemory.NODE_OPTIONS, inherited.NODE_OPTIONS ?? ''].join(' ').trim(),
    ...(inherited.MALLOC_ARENA_MAX === undefined ? {} : { MALLOC_ARENA_MAX: inherited.MALLOC_ARENA_MAX }),
  }
}

/** How calendar-service is to run. A page of Google's is megabytes that are garbage a moment later, and V8 would rather grow
 * than collect them: the larger the heap may become, the later it looks. This keeps a sync's peak nearly the same however
 * many pages there are, and takes hardly any speed; docs/operations.md says what it leaves room for. The operator's own
 * options come after it and win. */
export const frugalMemory = {
  NODE_OPTIONS: '--max-semi-space-size=4 --max-old-space-size=512',
  MALLOC_ARENA_MAX: '2',
} as const

// The stack decides these; a value meant for another program must not reach a service.
const decidedHere =
  /^(npm_|EVERGRANT_|GOOGLE_|AUTH_|NATS_|PUBLIC_URL$|RETURN_TO_ORIGINS$|PORT$|HOST$|DATABASE_URL$|MIGRATOR_DATABASE_URL$|INSTANCE_ID$|STATE_FILE$|NODE_TEST|VITEST|INIT_CWD$)/

/** The supervisor's own environment without what it decides itself. */
export function inheritedEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value === undefined || decidedHere.test(name) ? [] : [[name, value]],
    ),
  )
}
