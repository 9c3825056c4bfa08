import { type Environment, readConfig, serviceConfigShape, trustedProxies } from '@evergrant/service-runtime'
import { z } from 'zod'

const replicaUrls = z
  .string()
  .transform((list) => list.split(',').map((url) => url.trim().replace(/\/$/, '')))
  .pipe(z.array(z.url({ protocol: /^https?$/, error: 'must be a comma list of http(s) URLs' })).min(1))

const { HOST, PORT, PUBLIC_URL, LOG_LEVEL, INSTANCE_ID, RATE_LIMIT_STRANGERS_PER_SECOND } = serviceConfigShape

export const gatewayConfigShape = {
  HOST,
  PORT,
  PUBLIC_URL,
  LOG_LEVEL,
  INSTANCE_ID,
  RATE_LIMIT_STRANGERS_PER_SECOND,
  // Anybody may connect to the edge, so who may stand in front of it is for the operator to say.
  TRUSTED_PROXIES: trustedProxies(''),
  OAUTH_SERVICE_URLS: replicaUrls.describe('Where oauth-service is, one URL per replica, comma-separated.'),
  TOKEN_SERVICE_URLS: replicaUrls.describe('Where token-service is, one URL per replica, comma-separated.'),
  CALENDAR_SERVICE_URLS: replicaUrls.describe(
    'Where calendar-service is, one URL per replica, comma-separated.',
  ),
} as const

export type GatewayConfig = ReturnType<typeof readGatewayConfig>

export function readGatewayConfig(env: Environment = process.env) {
  return readConfig(gatewayConfigShape, env)
}
