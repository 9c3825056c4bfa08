import type { Clock } from '@evergrant/decider'
import type { EventBus, Reply } from '@evergrant/event-bus'
import { requiredScopes, type Service } from '@evergrant/event-contracts'
import { z } from 'zod'
import type { AccessTokens } from '../../application/ports.ts'
import { type ObstacleWord, SyncObstacle } from '../../domain/sync-obstacle.ts'

const subject = 'evergrant.token.access-token.get'
const answerSchema = z.object({
  accessToken: z.string().min(1),
  generation: z.number().nullable().default(null),
})
const refusalSchema = z.object({ retryAfter: z.number().nullish() })

// Google's live an hour: asking for most of that brings a new one where it is not known which one was refused.
const freshSeconds = 3000
// Borrowed for as long as it is kept, so that the calendars of one sync share one entry in the record of vends.
const usableSeconds = 60
const keptMs = 30_000

// The user, or a consent, has to change something first; waiting does not help.
const lasting: Readonly<Record<string, ObstacleWord>> = {
  needs_reauthorization: 'needs_reauthorization',
  missing_scopes: 'missing_scopes',
}

interface Borrowed {
  readonly accessToken: string
  readonly generation: number | null
}

export interface BusAccessTokensOptions {
  readonly bus: Pick<EventBus, 'request'>
  readonly clock: Clock
  readonly timeoutMs: number
}

/** Access tokens from token-service, over NATS request/reply. */
export function createBusAccessTokens({ bus, clock, timeoutMs }: BusAccessTokensOptions): AccessTokens {
  const kept = new Map<string, Borrowed & { readonly untilMs: number }>()

  const borrow = async (
    { connectionId, service }: { readonly connectionId: string; readonly service: Service },
    { minValiditySeconds = usableSeconds, rejectedGeneration = null as number | null },
  ): Promise<Borrowed> => {
    const body = {
      connectionId,
      requiredScopes: requiredScopes(service, 'read'),
      purpose: `${service}.sync`,
      minValiditySeconds,
      // Which one Google refused: token-service finds out whether the grant still lives.
      ...(rejectedGeneration === null ? {} : { rejectedGeneration }),
    }
    const reply = await ask(bus, timeoutMs, body)
    if (!reply.ok) throw refusalOf(reply)
    const answer = answerSchema.safeParse(reply.body)
    if (answer.success) return answer.data
    throw new SyncObstacle({ word: 'token_unavailable', passing: true, retryAfterSeconds: null })
  }
  return {
    get: async (connectionId, { fresh, service = 'calendar' }) => {
      const now = clock.now().getTime()
      const known = kept.get(connectionId)
      for (const [id, { untilMs }] of kept) if (untilMs <= now) kept.delete(id)
      if (known && !fresh && known.untilMs > now) return known.accessToken
      kept.delete(connectionId)
      const borrowed = await borrow({ connectionId, service }, fresh ? insteadOf(known) : {})
      kept.set(connectionId, { ...borrowed, untilMs: now + keptMs })
      return borrowed.accessToken
    },
  }
}

function insteadOf(refused: Borrowed | undefined) {
  const rejectedGeneration = refused?.generation ?? null
  return rejectedGeneration === null ? { minValiditySeconds: freshSeconds } : { rejectedGeneration }
}

async function ask(bus: Pick<EventBus, 'request'>, timeoutMs: number, body: unknown): Promise<Reply> {
  try {
    return await bus.request(subject, body, {
      timeoutMs,
      headers: { 'evergrant-caller': 'calendar-service' },
    })
  } catch (error) {
    throw new SyncObstacle({ word: 'token_unavailable', passing: true, retryAfterSeconds: null }, error)
  }
}

function refusalOf(reply: Extract<Reply, { ok: false }>): SyncObstacle {
  const word = lasting[reply.code]
  if (word !== undefined) return new SyncObstacle({ word, passing: false, retryAfterSeconds: null })
  const { data } = refusalSchema.safeParse(reply.body)
  const { retryAfter = null } = data ?? {}
  // Users should not look for the fault with Google, or with themselves.
  if (reply.code === 'schema_drift') {
    return new SyncObstacle({ word: 'schema_drift', passing: true, retryAfterSeconds: retryAfter })
  }
  // An unknown connection may be one that token-service has not heard of yet.
  return new SyncObstacle({
    word: reply.status === 404 ? 'unknown_connection' : 'token_unavailable',
    passing: true,
    retryAfterSeconds: retryAfter,
  })
}
