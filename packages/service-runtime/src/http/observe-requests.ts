import type { Logger } from '../log/logger.ts'
import type { Metrics } from '../metrics.ts'
import type { HttpApp } from './http-app-type.ts'

const quiet = /^\/(health(\/|$)|metrics$|openapi\.json$)/

/** Rate, errors and duration per route, and one log line per request. Never the query: callbacks carry codes in it. */
export function observeRequests(
  app: HttpApp,
  { metrics, logger }: { readonly metrics: Metrics; readonly logger: Logger },
): void {
  const duration = metrics.histogram({
    name: 'http_server_request_duration_seconds',
    help: 'Time from the request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  })
  app.addHook('onResponse', (request, reply, done) => {
    const { url: route = 'unknown', config } = request.routeOptions
    const { method } = request
    const status = reply.statusCode
    duration.observe({ method, route, status: String(status) }, reply.elapsedTime / 1000)
    const isQuiet = quiet.test(route) || request.isOverLimit || (config.audited === true && status < 400)
    const level = isQuiet ? 'debug' : 'info'
    if (!logger.isLevelEnabled(level)) return done()
    request.log[level](
      {
        traceId: request.traceparent.slice(3, 35),
        method,
        route,
        status,
        durationMs: Math.round(reply.elapsedTime * 10) / 10,
        ...(request.caller ? { sub: request.caller.sub } : {}),
      },
      'request',
    )
    done()
  })
}
