import { z } from 'zod'

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** The keys every service process takes. */
export const serviceConfigShape = {
  HOST: z.string().default('127.0.0.1').describe('Address to listen on.'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(0).describe('Port to listen on; 0 picks any.'),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' })
    .describe('PostgreSQL, as this service’s own role.'),
  NATS_URL: z
    .url({ protocol: /^(nats|tls)$/, error: 'must be a nats:// or tls:// URL' })
    .describe('nats-server, as this service’s own user.'),
  AUTH_ISSUER: z.url().describe('Issuer of the bearer tokens that callers bring.'),
  AUTH_AUDIENCE: z.string().min(1).describe('Audience those tokens must be for.'),
  AUTH_JWKS_URI: z.url().describe('Where the public keys of that issuer are.'),
  PUBLIC_URL: z.url().describe('The gateway as browsers see it.'),
  LOG_LEVEL: z.enum(logLevels).default('info').describe('Least severe log line that is written.'),
  INSTANCE_ID: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, dashes or underscores')
    .optional()
    .describe('Name of this replica; random when not set.'),
} as const
