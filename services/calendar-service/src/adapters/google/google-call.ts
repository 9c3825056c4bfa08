import { createHash } from 'node:crypto'
import { type Clock, DomainError } from '@evergrant/decider'
import type { z } from 'zod'
import type { Allowance } from '../../application/ports.ts'
import { classifyFailure, type GoogleAnswer, type GoogleFailure } from '../../domain/google-failure.ts'
import { SyncObstacle } from '../../domain/sync-obstacle.ts'
import { answerOf } from './google-answer.ts'

/** Runs a call under a deadline and a circuit breaker. */
export interface Guard {
  run<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>
}

export interface GoogleApiOptions {
  /** `GOOGLE_API_ROOT_URL`: where googleapis finds every API. */
  readonly rootUrl: string
  readonly guard: Guard
  readonly clock: Clock
}

/** What a call costs, and whom; `paid` when it was taken together with others before. */
export type Cost = { readonly allowance: Allowance; readonly units: number } | 'paid'

/** One API of Google's, asked on behalf of one access token a call. */
export interface GoogleCaller {
  readonly rootUrl: string
  /** Takes what the call costs, asks, and reads the answer by its schema.
   * @throws SyncObstacle for every answer that is not what was asked for, `waiting_for_quota` when it was not asked. */
  read<Schema extends z.ZodType>(
    schema: Schema,
    cost: Cost,
    call: (signal: AbortSignal) => Promise<{ data: unknown }>,
    classify?: (answer: GoogleAnswer) => GoogleFailure,
  ): Promise<z.output<Schema>>
}

export function createGoogleCaller({ rootUrl, guard, clock }: GoogleApiOptions): GoogleCaller {
  return {
    // googleapis resolves API paths against the root and expects the slash.
    rootUrl: rootUrl.endsWith('/') ? rootUrl : `${rootUrl}/`,
    read: async (schema, cost, call, classify = classifyFailure) => {
      if (cost !== 'paid') await cost.allowance.take(cost.units)
      let data: unknown
      try {
        data = (await guard.run(call)).data
      } catch (error) {
        throw obstacleFrom(error, clock.now(), classify)
      }
      const answer = schema.safeParse(data)
      if (!answer.success) throw new SyncObstacle(unreadable)
      return answer.data
    },
  }
}

/** How googleapis is to send a call: without its retries, because there is one retry policy, ours. */
export function http(accessToken: string, signal: AbortSignal) {
  return { headers: { authorization: `Bearer ${accessToken}` }, retry: false, signal }
}

/** Names a query, so that a token can be told to belong to it. */
export function hashOf(query: object): string {
  return createHash('sha256').update(JSON.stringify(query)).digest('hex').slice(0, 16)
}

const unreadable = { word: 'google_protocol_broken', passing: true, retryAfterSeconds: null } as const

/** Deliberately without `cause`: gaxios errors carry the request, and with it the bearer token. */
function obstacleFrom(
  error: unknown,
  now: Date,
  classify: (answer: GoogleAnswer) => GoogleFailure,
): SyncObstacle {
  if (error instanceof SyncObstacle) return error
  if (error instanceof DomainError) {
    const retryAfterSeconds = error.context.retryAfterSeconds ?? null
    return new SyncObstacle({ word: 'google_unavailable', passing: true, retryAfterSeconds })
  }
  return new SyncObstacle(classify(answerOf(error, now)))
}
