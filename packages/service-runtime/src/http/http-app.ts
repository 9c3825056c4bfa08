import type { Clock, Ids } from '@evergrant/decider'
import {
  type FastifyBaseLogger,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController,
} from 'fastify'
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Authenticator } from '../auth/authenticator.ts'
import { runtimeErrors } from '../errors.ts'
import type { Health } from '../health.ts'
import type { IdempotencyStore } from '../idempotency/idempotency-store.ts'
import type { Logger } from '../log/logger.ts'
import type { Metrics } from '../metrics.ts'
import { admit, misdeclaration } from './access.ts'
import { answerOnce } from './answer-once.ts'
import { nameDrift } from './drift-refusal.ts'
import type { HttpApp } from './http-app-type.ts'
import { parseJsonBodies } from './json-body.ts'
import { observeRequests } from './observe-requests.ts'
import { serveOpenApi } from './openapi.ts'
import { operationsRoutes } from './operations-routes.ts'
import { problemFrom } from './problem.ts'
import { refusalFrom } from './refusal.ts'
import { requestIdFrom, traceparentFrom } from './request-context.ts'
import { createRequestLimits } from './request-limits.ts'
import type { RequestQuotas } from './request-quotas.ts'
import { createRouteTable } from './route-table.ts'
import type { SchemaGuard } from './schema-guard.ts'
import { answerSocketErrors } from './socket-errors.ts'

export interface HttpAppOptions {
  readonly name: string
  readonly version: string
  readonly instanceId?: string
  readonly logger: Logger
  /** Without one, only public routes can be declared. */
  readonly authenticator?: Authenticator
  /** Without one, no route can be idempotent by key. */
  readonly idempotencyStore?: IdempotencyStore
  readonly health: Health
  readonly metrics: Metrics
  /** Without one, nothing is claimed about the schema and no route can depend on it. */
  readonly schema?: SchemaGuard
  readonly clock: Clock
  readonly ids: Ids
  /** What one caller may ask; null limits nobody, which no service may come to by forgetting. */
  readonly quotas: RequestQuotas | null
  /** Addresses, ranges or proxy-addr's names for them whose X-Forwarded-For is believed; nobody's unless told. */
  readonly trustedProxies?: readonly string[]
  /** 256 KiB unless told. */
  readonly bodyLimitBytes?: number
}

/** Routes are plain functions that take this app; every one of them says who may call it (`config.access`).
 * @throws DomainError `misdeclared_route` from the declaration of a route that is not safe to start with. */
export function createHttpApp(options: HttpAppOptions): HttpApp {
  const { logger, ids, authenticator, idempotencyStore, clock } = options
  const closing = new AbortController()
  const routes = createRouteTable()
  const limits = options.quotas === null ? undefined : createRequestLimits(options.quotas, options)
  const app: HttpApp = fastify({
    loggerInstance: logger as FastifyBaseLogger,
    // observe-requests.ts writes the one line per request.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    // Google's event ids may be 1024 characters long; the default of 100 would answer them with 404.
    routerOptions: { maxParamLength: 4_096 },
    trustProxy: options.trustedProxies?.length ? [...options.trustedProxies] : false,
    bodyLimit: options.bodyLimitBytes ?? 256 * 1024,
    requestTimeout: 30_000,
    // Longer than the idle timeout of whoever is in front, or a request is sent into a connection that just closed.
    keepAliveTimeout: 75_000,
    // Its answer is not a problem document; the onRequest hook below gives one.
    return503OnClosing: false,
    genReqId: (raw) => requestIdFrom(raw.headers['x-request-id'], ids),
    frameworkErrors: (error, request, reply) => sendProblem(error, request, reply),
    clientErrorHandler: answerSocketErrors(ids),
  }).withTypeProvider<ZodTypeProvider>()

  app.setValidatorCompiler((route) => {
    const validate = validatorCompiler(route as Parameters<typeof validatorCompiler>[0])
    // Fastify hands an absent body over as null, which no optional schema accepts.
    return route.httpPart === 'body' ? (body: unknown) => validate(body ?? undefined) : validate
  })
  app.setSerializerCompiler(serializerCompiler)
  parseJsonBodies(app)

  app.decorate('closing', closing.signal)
  app.decorateRequest('caller', null)
  app.decorateRequest('traceparent', '')
  app.decorateRequest('isOverLimit', false)

  app.addHook('onRoute', (route) => {
    const problem = misdeclaration(route.config, {
      authenticator: authenticator !== undefined,
      idempotencyStore: idempotencyStore !== undefined,
    })
    if (problem) {
      const message = `The route ${route.url} is declared wrongly: ${problem}.`
      throw runtimeErrors.misdeclared_route({ message, detail: { route: route.url, problem } })
    }
    routes.add(route.url, route.method)
  })
  app.addHook('onRequest', async (request, reply) => {
    request.traceparent = traceparentFrom(request.headers.traceparent, ids)
    reply.headers({ 'x-request-id': request.id, 'x-content-type-options': 'nosniff' })
    // Google's push says `application/json; utf-8` over an empty body: what is not there has no media type.
    if (isBodyless(request)) delete request.raw.headers['content-type']
    if (closing.signal.aborted) {
      reply.header('connection', 'close')
      throw runtimeErrors.shutting_down({ retryAfterSeconds: 1 })
    }
    const { config } = request.routeOptions
    if (config.access !== 'public') reply.header('cache-control', 'no-store')
    try {
      request.caller = await admit(config, request.headers.authorization, authenticator)
    } catch (error) {
      if (refusalFrom(error).kind === 'unauthenticated') limits?.countStranger(request, reply)
      throw error
    }
    limits?.count(request, reply)
    if (config.capability !== undefined) options.schema?.demand(config.capability)
  })
  app.addHook('preClose', async () => closing.abort())
  // A connection that was busy when the close began would otherwise idle on, and hold the close, for its keep-alive time.
  app.addHook('onResponse', (_request, _reply, done) => {
    if (closing.signal.aborted) setImmediate(() => app.server.closeIdleConnections())
    done()
  })
  observeRequests(app, options)
  if (idempotencyStore) answerOnce(app, { store: idempotencyStore, clock })

  app.setErrorHandler((error, request, reply) =>
    sendProblem(nameDrift(error, options.schema), request, reply),
  )
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '/'
    const allowed = routes.methodsOf(path)
    if (allowed.length === 0) throw runtimeErrors.unknown_path()
    reply.header('allow', allowed.join(', '))
    throw runtimeErrors.method_not_allowed()
  })

  serveOpenApi(app, options)
  operationsRoutes(app, options)
  return app
}

function isBodyless({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0
}

function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const refusal = refusalFrom(error)
  if (refusal.kind === 'internal') request.log.error({ err: refusal }, 'a request failed')
  else if (refusal.kind === 'unavailable') request.log.warn({ err: refusal }, 'a request could not be served')
  else request.log.debug({ err: refusal }, 'a request was refused')
  const { problem, headers } = problemFrom(refusal, request.id)
  // Serialized here: the route's own response schemas describe successes and must not touch a problem.
  void reply.code(problem.status).headers(headers).serializer(String).send(JSON.stringify(problem))
}
