import { type Environment, readConfig, serviceConfigShape } from '@evergrant/service-runtime'
import { z } from 'zod'

const loopback = /^(127(\.\d{1,3}){3}|localhost|\[::1\])$/

/** Tokens, codes and cookies cross the network here. */
const httpsOrLoopback = z
  .string()
  .refine((text) => isHttp(text) && (text.startsWith('https:') || loopback.test(new URL(text).hostname)), {
    error: 'must be an https:// URL, or http:// on a loopback address',
  })

const origin = z
  .string()
  .refine((text) => isHttp(text) && new URL(text).origin === text.replace(/\/$/, ''), {
    error: 'must be an origin: scheme, host and port',
  })
  .transform((text) => text.replace(/\/$/, ''))

const origins = z
  .string()
  .default('')
  .transform((list) => list.split(',').flatMap((item) => item.trim() || []))
  .pipe(z.array(origin))

/** Refinements run even where an earlier check failed, so each one has to survive any text. */
function isHttp(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
}

const oauthConfigShape = {
  ...serviceConfigShape,
  PUBLIC_URL: httpsOrLoopback
    .transform((url) => url.replace(/\/+$/, ''))
    .describe('The gateway as browsers see it; the redirect URI is below it.'),
  GOOGLE_ISSUER: httpsOrLoopback
    .default('https://accounts.google.com')
    .describe('Google; every endpoint comes from the discovery document below it.'),
  GOOGLE_CLIENT_ID: z.string().optional().describe('OAuth client; without one nobody can connect.'),
  GOOGLE_CLIENT_SECRET: z.string().optional().describe('Secret of that client.'),
  RETURN_TO_ORIGINS: origins.describe('Comma-separated origins, besides PUBLIC_URL, that returnTo may name.'),
  TOKEN_SEALING_PUBLIC_KEY: z
    .string()
    .describe('JWK (EC P-256) of token-service; new tokens are sealed to it.'),
  SECRETS_KEY_FILE: z
    .string()
    .describe('File with 32 random bytes, base64url, that encrypt verifiers and nonces.'),
} as const

export type OauthConfig = Awaited<ReturnType<typeof readOauthConfig>>

/** @throws DomainError `invalid_config`, naming every variable that is wrong. */
export function readOauthConfig(env: Environment = environment()) {
  return readConfig(oauthConfigShape, env)
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
      .describe('This service’s database, as the role that owns its schema.'),
    LOG_LEVEL: serviceConfigShape.LOG_LEVEL,
  }
  return readConfig(shape, env)
}

function environment(): Environment {
  return process.env
}
