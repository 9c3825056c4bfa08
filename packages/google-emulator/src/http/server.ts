import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gzip as gzipCallback } from 'node:zlib'
import type { Fault } from '../control/fault-script.ts'
import { redacted } from '../control/request-log.ts'
import { fingerprint } from '../fingerprint.ts'
import type { World } from '../world.ts'
import { answerBatch, isBatch } from './batch.ts'
import type { Call, Handler, Reply } from './call.ts'
import { faultReply } from './fault-reply.ts'
import { GoogleError, googleError } from './google-error.ts'
import { selectFields } from './partial-response.ts'
import { matchRoute, type Route } from './router.ts'

const gzip = promisify(gzipCallback)
const mostBodyBytes = 10 * 1024 * 1024

export interface ServerParts {
  readonly world: World
  readonly routes: readonly Route[]
  /** Stores what a request changed; the answer waits for it, so an answered change survives SIGKILL. */
  flush(): Promise<void>
  onError(error: unknown): void
}

/** The one HTTP server: faults, routing, partial responses, etags, gzip, the request log. */
export function createHttpServer(parts: ServerParts): Server {
  // Longer than clients keep idle connections: a reused one must not be closing at that moment.
  return createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
    serve(parts, request, response).catch((error: unknown) => {
      parts.onError(error)
      response.destroy()
    })
  })
}

async function serve(parts: ServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const call = await readCall(request)
  const { world } = parts
  const ours = call.path.startsWith('/emulator/')
  const fault = ours ? undefined : world.faults.next(call.method, call.path)
  if (fault?.delayMs !== undefined) await delay(fault.delayMs)
  if (fault?.resetSocket === 'before') {
    log(world, call, 0, true)
    request.socket.resetAndDestroy()
    return
  }
  const reply = (fault && faultReply(call.path, fault)) ?? (await answerOrBatch(parts, call))
  await parts.flush()
  if (!ours) log(world, call, reply.status, fault !== undefined)
  await send(world, { call, reply, response, ...(fault && { fault }) })
}

async function readCall(request: IncomingMessage): Promise<Call> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    // The rest is read and dropped, so that the client gets to see the refusal.
    if (size - chunk.length <= mostBodyBytes) chunks.push(chunk)
  }
  const url = new URL(request.url ?? '/', 'http://emulator')
  const body = Buffer.concat(chunks)
  return {
    method: request.method ?? 'GET',
    path: url.pathname,
    params: {},
    query: url.searchParams,
    headers: request.headers,
    body,
  }
}

/** Calls of a batch are hit by faults and logged one by one; only their answers come together. */
function answerOrBatch(parts: ServerParts, call: Call): Promise<Reply> {
  if (!isBatch(call)) return answer(parts, call, routed(parts.routes))
  return answer(parts, call, (batch) =>
    answerBatch(batch, async (inner) => {
      const fault = parts.world.faults.next(inner.method, inner.path)
      const reply =
        (fault && faultReply(inner.path, fault)) ?? (await answer(parts, inner, routed(parts.routes)))
      log(parts.world, inner, reply.status, fault !== undefined)
      return reply
    }),
  )
}

async function answer({ onError }: ServerParts, call: Call, handler: Handler): Promise<Reply> {
  try {
    if (call.body.length > mostBodyBytes) throw googleError(413, 'uploadTooLarge', 'Request Entity Too Large')
    return conditional(call, masked(call, await handler(call)))
  } catch (error) {
    if (error instanceof GoogleError)
      return { status: error.status, headers: error.headers, json: error.body }
    onError(error)
    const failure = googleError(500, 'backendError', 'Backend Error')
    return { status: 500, json: failure.body }
  }
}

const routed =
  (routes: readonly Route[]): Handler =>
  (call) => {
    const match = matchRoute(routes, call.method, call.path)
    if (match.kind === 'unknown') throw googleError(404, 'notFound', 'Not Found')
    if (match.kind === 'other_method') throw googleError(405, 'httpMethodNotAllowed', 'Method Not Allowed')
    return match.handler({ ...call, params: match.params })
  }

function masked(call: Call, reply: Reply): Reply {
  const mask = call.query.get('fields')
  if (mask === null || reply.json === undefined) return withEtag(reply, reply.json)
  return withEtag({ ...reply, json: selectFields(reply.json, mask) }, reply.json)
}

function withEtag(reply: Reply, full: unknown): Reply {
  if (typeof full !== 'object' || full === null || !('etag' in full)) return reply
  return { ...reply, headers: { ...reply.headers, etag: String(full.etag) } }
}

function conditional(call: Call, reply: Reply): Reply {
  const known = call.headers['if-none-match']
  const unchanged = call.method === 'GET' && known !== undefined && known === reply.headers?.etag
  return unchanged ? { status: 304, ...(reply.headers && { headers: reply.headers }) } : reply
}

interface Sending {
  readonly call: Call
  readonly reply: Reply
  readonly response: ServerResponse
  readonly fault?: Fault
}

async function send(world: World, { call, reply, response, fault }: Sending): Promise<void> {
  if (fault?.resetSocket === 'after') {
    response.socket?.resetAndDestroy()
    return
  }
  const text = reply.text?.body ?? (reply.json === undefined ? '' : JSON.stringify(reply.json))
  const zipped = text.length > 1024 && /\bgzip\b/.test(String(call.headers['accept-encoding'] ?? ''))
  const body = zipped ? await gzip(text, { level: 1 }) : Buffer.from(text)
  const type = reply.text?.type ?? 'application/json; charset=UTF-8'
  response.sendDate = false
  response.writeHead(reply.status, {
    date: world.clock.now().toUTCString(),
    ...(text !== '' && { 'content-type': type }),
    'content-length': body.length,
    vary: 'Origin, X-Origin, Referer, Accept-Encoding',
    ...(zipped && { 'content-encoding': 'gzip' }),
    ...reply.headers,
  })
  if (fault?.cutBodyAtBytes === undefined) {
    response.end(body)
    return
  }
  // The length promised more: the client must see a broken body, not a short one.
  response.write(body.subarray(0, fault.cutBodyAtBytes), () => response.socket?.destroy())
}

function log(world: World, call: Call, status: number, faulted: boolean): void {
  const token = /^Bearer\s+(\S+)$/i.exec(call.headers.authorization ?? '')?.[1]
  const isForm = String(call.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')
  world.requests.add({
    at: world.clock.now().toISOString(),
    method: call.method,
    path: call.path,
    query: redacted(call.query),
    form: isForm ? redacted(new URLSearchParams(call.body.toString('utf8'))) : {},
    status,
    bearer: token === undefined ? null : fingerprint(token),
    faulted,
  })
}
