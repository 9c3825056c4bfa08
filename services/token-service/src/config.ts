import { type Environment, readConfig, runtimeErrors, serviceConfigShape } from '@evergrant/service-runtime'
import { z } from 'zod'
import type { ProviderPolicy } from './domain/provider-policy.ts'

const loopback = /^(127(\.\d{1,3}){3}|localhost|\[::1\])$/

/** Tokens cross the network here. */
const httpsOrLoopback = z
  .url({ protocol: /^https?$/ })
  .refine((url) => new URL(url).protocol === 'https:' || loopback.test(new URL(url).hostname), {
    error: 'must be https, or http on a loopback address',
  })

const tokenConfigShape = {
  ...serviceConfigShape,
  GOOGLE_ISSUER: httpsOrLoopback
    .default('https://accounts.google.com')
    .describe('Google; token and revocation endpoints come from the discovery document below it.'),
  GOOGLE_CLIENT_ID: z.string().default('').describe('OAuth client that the grants belong to.'),
  GOOGLE_CLIENT_SECRET: z.string().default('').describe('Secret of that client.'),
  REFRESH_TOKEN_POLICY: z
    .string()
    .regex(/^(non_rotating|strict|replay_window:[1-9]\d{0,4})$/, {
      error: 'must be non_rotating, strict or replay_window:<seconds>',
    })
    .default('non_rotating')
    .transform(policyFrom)
    .describe(
      'What the issuer does with a used refresh token: non_rotating (Google), replay_window:<seconds> or strict.',
    ),
  GOOGLE_SECURITY_EVENTS_URL: httpsOrLoopback
    .optional()
    .describe(
      'Where the issuer and keys of Cross-Account Protection events are; by default <issuer>/.well-known/risc-configuration.',
    ),
  GOOGLE_TOKENINFO_URL: httpsOrLoopback
    .optional()
    .describe("Google's tokeninfo, which is not in discovery; by default below the issuer."),
  TOKEN_SEALING_PRIVATE_KEY_FILE: z
    .string()
    .min(1)
    .describe('File with the JWK (EC P-256) that oauth-service seals new tokens to.'),
  VEND_JOURNAL_DIR: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Folder on this machine where vends wait for PostgreSQL, so that a killed process loses none. Needs INSTANCE_ID, which finds them again; without it up to 100 ms of vends are lost.',
    ),
  VENDS_KEPT_DAYS: z.coerce
    .number()
    .int()
    .min(0)
    .max(36_500)
    .refine((days) => days === 0 || days >= 30, { error: 'must be 0 or at least 30' })
    .default(400)
    .describe('How long the record of a vend is kept, at least 30 days; 0 keeps all for ever.'),
  VAULT_KMS_KEY: z
    .string()
    .regex(/^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+$/)
    .optional()
    .describe('Google Cloud KMS key that wraps data keys instead of the key ring, by its full name.'),
  VAULT_KMS_API_URL: httpsOrLoopback
    .default('https://cloudkms.googleapis.com')
    .describe('Where Cloud KMS answers; for private endpoints.'),
  VAULT_KEY_RING_FILE: z
    .string()
    .min(1)
    .optional()
    .describe(
      'File with the key ring that wraps data keys: {"current": id, "keys": {id: 32 bytes base64url}}. With VAULT_KMS_KEY it only opens what it wrapped before.',
    ),
} as const

export type TokenConfig = ReturnType<typeof readTokenConfig>

/** @throws DomainError `invalid_config`, naming every variable that is wrong. */
export function readTokenConfig(env: Environment = environment()) {
  const config = readConfig(tokenConfigShape, env)
  if (config.VEND_JOURNAL_DIR !== undefined && config.INSTANCE_ID === undefined) {
    throw runtimeErrors.invalid_config({ message: 'VEND_JOURNAL_DIR needs INSTANCE_ID.' })
  }
  if (config.VAULT_KEY_RING_FILE === undefined && config.VAULT_KMS_KEY === undefined) {
    throw runtimeErrors.invalid_config({ message: 'VAULT_KEY_RING_FILE or VAULT_KMS_KEY is needed.' })
  }
  return config
}

/** Google's own is not below its issuer; a stand-in's is. */
export function tokenInfoUrl({
  GOOGLE_TOKENINFO_URL,
  GOOGLE_ISSUER,
}: Pick<TokenConfig, 'GOOGLE_TOKENINFO_URL' | 'GOOGLE_ISSUER'>): string {
  if (GOOGLE_TOKENINFO_URL !== undefined) return GOOGLE_TOKENINFO_URL
  return new URL(GOOGLE_ISSUER).hostname === 'accounts.google.com'
    ? 'https://oauth2.googleapis.com/tokeninfo'
    : `${GOOGLE_ISSUER.replace(/\/$/, '')}/tokeninfo`
}

/** What a rebuild of read models needs. */
export function readRebuildConfig(env: Environment = environment()) {
  const { DATABASE_URL, LOG_LEVEL } = serviceConfigShape
  return readConfig({ DATABASE_URL, LOG_LEVEL }, env)
}

/** What the migration run needs. */
export function readMigrationConfig(env: Environment = environment()) {
  const shape = {
    MIGRATOR_DATABASE_URL: z
      .url({ protocol: /^postgres(ql)?$/ })
      .describe("This service's database, as the role that owns its schema."),
    LOG_LEVEL: serviceConfigShape.LOG_LEVEL,
  }
  return readConfig(shape, env)
}

function policyFrom(word: string): ProviderPolicy {
  const [kind, seconds] = word.split(':')
  if (kind === 'replay_window') return { kind, windowSeconds: Number(seconds) }
  return { kind: kind === 'strict' ? kind : 'non_rotating' }
}

function environment(): Environment {
  return process.env
}
