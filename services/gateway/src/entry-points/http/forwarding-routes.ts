import { pipeline } from 'node:stream'
import { type HttpApp, runtimeErrors } from '@evergrant/service-runtime'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Forward } from '../../application/forward.ts'
import type { UpstreamAnswer } from '../../application/ports.ts'
import { endToEndHeaders, headersForService } from '../../domain/forwarded-headers.ts'
import { ownerOfPath, type ServiceName } from '../../domain/owner-of-path.ts'

export interface ForwardingRoutes {
  readonly forward: Forward
  readonly upstreams: Readonly<Record<ServiceName, readonly string[]>>
  readonly publicUrl: string
}

const bodyless = new Set([204, 304])

/** /v1/**, to the service that owns the path, with any method; answers stream through as they come. */
export function forwardingRoutes(app: HttpApp, { forward, upstreams, publicUrl }: ForwardingRoutes): void {
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    // Bodies pass through unread, but are held back until complete: at most 256 KiB, and then 413 is always possible.
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    const config = { access: 'public', limit: 'without-credentials' } as const
    scope.all('/v1/*', { schema: { hide: true }, config }, async (request, reply) => {
      const owner = ownerOfPath(request.url.split('?', 1)[0] ?? '')
      if (!owner) throw runtimeErrors.unknown_path()
      const answer = await forward(upstreams[owner], {
        method: request.method,
        path: request.url,
        headers: headersForService(request.headers, {
          clientAddress: request.ip,
          publicUrl,
          requestId: request.id,
          traceparent: request.traceparent,
        }),
        body: Buffer.isBuffer(request.body) ? request.body : null,
        signal: goneSignal(reply),
      })
      passOn(answer, request, reply)
      return reply
    })
  })
}

/** Written to the socket as it comes: Fastify would hold back the head until the first chunk, and an event stream may be
 * silent for minutes. */
function passOn(
  { status, headers, body }: UpstreamAnswer,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  reply.hijack()
  const { raw } = reply
  raw.writeHead(status, { ...endToEndHeaders(headers), 'x-request-id': request.id })
  if (request.method === 'HEAD' || bodyless.has(status)) {
    body.resume()
    raw.end()
    return
  }
  raw.flushHeaders()
  if (String(headers['content-type']).startsWith('text/event-stream')) {
    // An event stream never ends by itself; its client reconnects, to a process that stays.
    request.server.closing.addEventListener('abort', () => body.destroy(), { once: true })
  }
  pipeline(body, raw, (error) => {
    if (error) request.log.debug({ err: error }, 'an answer ended early')
  })
}

/** Aborts when the client hangs up, so that nobody streams into the void. */
function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort())
  return gone.signal
}
