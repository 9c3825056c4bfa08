import { createHash } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { Clock } from '@evergrant/decider'
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify'
import { runtimeErrors } from '../errors.ts'
import {
  claimLifetimeMs,
  type IdempotencyStore,
  type IdempotentRequest,
} from '../idempotency/idempotency-store.ts'
import type { HttpApp } from './http-app-type.ts'

declare module 'fastify' {
  interface FastifyRequest {
    idempotent: IdempotentRequest | null
  }
}

const releaseAgainMs = 500
const visibleAscii = /^[\x21-\x7e]{1,255}$/

/** Routes with `config.idempotent` answer a repeated Idempotency-Key with the stored answer instead of doing it again. */
export function answerOnce(
  app: HttpApp,
  { store, clock }: { readonly store: IdempotencyStore; readonly clock: Clock },
): void {
  app.decorateRequest('idempotent', null)

  const claim = async (request: FastifyRequest, reply: FastifyReply) => {
    const key = idempotencyKeyOf(request)
    if (key === undefined) return
    const idempotent = { ...identityOf(request, key), now: clock.now() }
    // Set before the claim: one whose answer was lost with the connection may have been stored, and is ours to release.
    request.idempotent = idempotent
    const claimed = await store.claim(idempotent)
    if (claimed.status === 'claimed') return
    request.idempotent = null
    switch (claimed.status) {
      case 'in_flight':
        throw runtimeErrors.idempotent_request_in_flight({ retryAfterSeconds: 1 })
      case 'other_request':
        throw runtimeErrors.idempotency_key_reused()
      case 'answered': {
        const { status, contentType, location, body } = claimed.answer
        reply.code(status).header('idempotency-replayed', 'true')
        if (contentType) reply.header('content-type', contentType)
        if (location) reply.header('location', location)
        return reply.serializer(String).send(body)
      }
    }
  }

  const keep = async (request: FastifyRequest, reply: FastifyReply, payload: unknown) => {
    const { idempotent } = request
    if (!idempotent) return payload
    request.idempotent = null
    // A refusal changed nothing, so it is decided again: the caller may have fixed its cause meanwhile.
    if (
      reply.statusCode < 400 &&
      (typeof payload === 'string' || payload === undefined || payload === null)
    ) {
      await store.finish(idempotent, {
        status: reply.statusCode,
        contentType: headerOf(reply.getHeader('content-type')),
        location: headerOf(reply.getHeader('location')),
        body: payload ?? '',
      })
    } else {
      await release(idempotent, request.log)
    }
    return payload
  }

  // The others do not pay for it: each hook of a request is a turn of its own.
  app.addHook('onRoute', (route) => {
    if (!route.config?.idempotent) return
    route.preHandler = [claim, ...[route.preHandler ?? []].flat()]
    route.onSend = [keep, ...[route.onSend ?? []].flat()]
  })

  /** Fails only in the log. The database that refused the request often refuses this too, and a key left taken tells a
   * caller who was asked to try again that the first request is still running; so it is tried until the claim expires,
   * ever more seldom: in an outage there are as many such keys as there were requests. */
  async function release(
    idempotent: IdempotentRequest,
    log: FastifyBaseLogger,
    waitMs = releaseAgainMs,
  ): Promise<void> {
    try {
      await store.release(idempotent)
    } catch (err) {
      if (waitMs === releaseAgainMs)
        log.warn({ err }, 'an Idempotency-Key could not be released; trying again')
      if (clock.now().getTime() + waitMs >= idempotent.now.getTime() + claimLifetimeMs) return
      void setTimeout(waitMs, undefined, { ref: false }).then(() => release(idempotent, log, waitMs * 2))
    }
  }
}

/** The caller's Idempotency-Key, also useful as a command id: that closes the gap between commit and stored answer.
 * @throws DomainError `invalid_idempotency_key`. */
export function idempotencyKeyOf(request: FastifyRequest): string | undefined {
  const key = request.headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key === 'string' && visibleAscii.test(key)) return key
  const fields = [{ path: 'Idempotency-Key', message: 'must be 1 to 255 visible ASCII characters' }]
  throw runtimeErrors.invalid_idempotency_key({ fields })
}

function identityOf(request: FastifyRequest, key: string): Omit<IdempotentRequest, 'now'> {
  const { method, url, routeOptions, caller, body } = request
  const scope = `${caller?.sub ?? ''} ${method} ${routeOptions.url ?? ''}`
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([url, body ?? null]))
    .digest('base64url')
  return { scope, key, fingerprint }
}

function headerOf(value: number | string | string[] | undefined): string | null {
  return typeof value === 'string' ? value : null
}
