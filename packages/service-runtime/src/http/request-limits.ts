import type { Clock } from '@evergrant/decider'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { runtimeErrors } from '../errors.ts'
import type { Metrics } from '../metrics.ts'
import { type CallerBuckets, createCallerBuckets } from './caller-buckets.ts'
import { clientOf } from './client-address.ts'
import { type LimitClass, limitClassOf } from './limit-class.ts'
import type { Quota, RequestQuotas } from './request-quotas.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Refused for being one too many, which is told once a minute instead of each time. */
    isOverLimit: boolean
  }
}

/** What one caller may ask of this process. */
export interface RequestLimits {
  /** Counts a request whose caller is known by now, or that needs none.
   * @throws DomainError `too_many_requests`, before anything was done or recorded. */
  count(request: FastifyRequest, reply: FastifyReply): void
  /** Counts a request that could not say who sends it; the token that failed is a stranger's.
   * @throws DomainError `too_many_requests`. */
  countStranger(request: FastifyRequest, reply: FastifyReply): void
}

interface Bounded extends Quota {
  readonly buckets: CallerBuckets
}

const toldEveryMs = 60_000
const mostTold = 1_000

/** Synchronous throughout: a vend costs a hundred microseconds, and another turn would be a good part of that. */
export function createRequestLimits(
  quotas: RequestQuotas,
  { clock, metrics }: { readonly clock: Clock; readonly metrics: Metrics },
): RequestLimits {
  const refused = metrics.counter({
    name: 'evergrant_http_requests_limited_total',
    help: 'Requests refused because their caller sent too many, by the class of what was asked.',
    labelNames: ['class'],
  })
  const classes = new Map<LimitClass, Bounded>()
  for (const [name, quota] of Object.entries(quotas) as [LimitClass, Quota | null][]) {
    if (quota === null) continue
    classes.set(name, { ...quota, buckets: createCallerBuckets(quota) })
    refused.inc({ class: name }, 0)
  }
  const told = new Map<string, number>()

  const isNews = (who: string, now: number) => {
    // In the order told, so the first one that is not over ends the search.
    for (const [other, at] of told) {
      if (at <= now && now - at < toldEveryMs) break
      told.delete(other)
    }
    if (told.has(who) || told.size >= mostTold) return false
    told.set(who, now)
    return true
  }

  const take = (name: LimitClass, caller: string, request: FastifyRequest, reply: FastifyReply) => {
    const limit = classes.get(name)
    if (limit === undefined) return
    const now = clock.now().getTime()
    const waitMs = limit.buckets.take(caller, now)
    if (waitMs === 0) return
    const retryAfterSeconds = Math.ceil(waitMs / 1000)
    request.isOverLimit = true
    refused.inc({ class: name })
    if (isNews(`${name} ${caller}`, now))
      request.log.warn({ class: name, caller }, 'a caller sends too many requests; told once a minute')
    // draft-ietf-httpapi-ratelimit-headers-10. Only here: on each answer they would cost every caller for the few.
    reply.headers({
      'ratelimit-policy': `"${name}";q=${limit.requests};w=${limit.windowSeconds}`,
      ratelimit: `"${name}";r=0;t=${retryAfterSeconds}`,
    })
    throw runtimeErrors.too_many_requests({ retryAfterSeconds, extensions: { limit: name } })
  }

  return {
    count: (request, reply) => {
      const name = limitClassOf(request)
      if (name === null) return
      // One issuer per deployment, so the subject alone says who it is.
      const caller = request.caller && name !== 'strangers' ? request.caller.sub : clientOf(request.ip)
      take(name, caller, request, reply)
    },
    countStranger: (request, reply) => {
      take('strangers', clientOf(request.ip), request, reply)
    },
  }
}
