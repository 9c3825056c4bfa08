import { isIP } from 'node:net'
import { z } from 'zod'

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

const count = (usual: number, least = 0) => z.coerce.number().int().min(least).max(1_000_000).default(usual)

/** An address, a range, or one of proxy-addr's names. */
const isProxy = (text: string) => {
  if (/^(loopback|linklocal|uniquelocal)$/.test(text)) return true
  const [address = '', bits, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
}

/** Whose X-Forwarded-For is believed. */
export const trustedProxies = (usual: string) =>
  z
    .string()
    .default(usual)
    .transform((list) => list.split(',').flatMap((item) => item.trim() || []))
    .pipe(z.array(z.string().refine(isProxy, { error: 'must be a comma list of addresses or ranges' })))
    .describe(
      'Addresses or ranges, comma-separated, whose X-Forwarded-For is believed; loopback, linklocal and uniquelocal are names for ranges.',
    )

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
  NATS_STREAM_REPLICAS: z.coerce
    .number()
    .pipe(z.literal([1, 3, 5]))
    .default(1)
    .describe(
      'Servers that keep a copy of what this service publishes; 3 where three or more are a cluster.',
    ),
  AUTH_ISSUER: z.url().describe('Issuer of the bearer tokens that callers bring.'),
  AUTH_AUDIENCE: z.string().min(1).describe('Audience those tokens must be for.'),
  AUTH_JWKS_URI: z.url().describe('Where the public keys of that issuer are.'),
  PUBLIC_URL: z.url().describe('The gateway as browsers see it.'),
  RATE_LIMIT_COMMANDS_PER_MINUTE: count(12_000).describe(
    'Commands a minute that one caller may send to this process; 0 is no limit.',
  ),
  RATE_LIMIT_COMMANDS_BURST: count(2_000, 1).describe('How many of them may come at once.'),
  RATE_LIMIT_READS_PER_SECOND: count(20_000).describe(
    'Reads and vends a second that one caller may ask of this process, five times as many at once; 0 is no limit.',
  ),
  RATE_LIMIT_STRANGERS_PER_SECOND: count(1_000).describe(
    'Requests without a caller a second that may come from one address, five times as many at once; 0 is no limit.',
  ),
  // A service is behind the gateway, which is on the same machine or in the same private network.
  TRUSTED_PROXIES: trustedProxies('loopback,linklocal,uniquelocal'),
  LOG_LEVEL: z.enum(logLevels).default('info').describe('Least severe log line that is written.'),
  INSTANCE_ID: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, dashes or underscores')
    .optional()
    .describe('Name of this replica; random when not set.'),
} as const
