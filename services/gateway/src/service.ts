import {
  createHealth,
  createHttpApp,
  createLogger,
  createMetrics,
  type RunningService,
  requestQuotasFrom,
  systemClock,
  uuidv7Ids,
} from '@evergrant/service-runtime'
import { createUndiciUpstream } from './adapters/upstream/undici-upstream.ts'
import { createForward } from './application/forward.ts'
import { createSystemHealth } from './application/system-health.ts'
import type { GatewayConfig } from './config.ts'
import { consoleRoutes } from './entry-points/http/console-routes.ts'
import { docsRoutes } from './entry-points/http/docs-routes.ts'
import { forwardingRoutes } from './entry-points/http/forwarding-routes.ts'
import { healthRoutes } from './entry-points/http/health-routes.ts'
import { landingPage } from './entry-points/http/landing-page.ts'

/** Wires the gateway and starts to listen. */
export async function startGateway(config: GatewayConfig): Promise<Required<RunningService>> {
  const logger = createLogger({ name: 'gateway', level: config.LOG_LEVEL })
  const health = createHealth({ clock: systemClock })
  const upstreams = {
    'oauth-service': config.OAUTH_SERVICE_URLS,
    'token-service': config.TOKEN_SERVICE_URLS,
    'calendar-service': config.CALENDAR_SERVICE_URLS,
  }
  const upstream = createUndiciUpstream()
  const systemHealth = createSystemHealth(upstreams, upstream.askReadiness)
  const app = createHttpApp({
    name: 'gateway',
    version: '1.0.0',
    instanceId: config.INSTANCE_ID ?? uuidv7Ids.next(),
    logger,
    health,
    metrics: createMetrics('gateway'),
    clock: systemClock,
    ids: uuidv7Ids,
    // It knows no callers; what they may ask is counted by the services, which do.
    quotas: requestQuotasFrom(config),
    trustedProxies: config.TRUSTED_PROXIES,
  })
  healthRoutes(app, systemHealth)
  landingPage(app, systemHealth)
  consoleRoutes(app)
  await docsRoutes(app, { upstreams, fetchOpenApi: upstream.fetchOpenApi })
  forwardingRoutes(app, { forward: createForward(upstream.send), upstreams, publicUrl: config.PUBLIC_URL })

  const url = await app.listen({ host: config.HOST, port: config.PORT })
  return {
    url,
    logger,
    stop: async () => {
      health.drain()
      await app.close()
      await upstream.close()
    },
  }
}
