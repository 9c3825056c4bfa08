import type { ErrorAction } from '@evergrant/decider'
import type { EventBus, Reply } from '@evergrant/event-bus'
import { requiredScopes } from '@evergrant/event-contracts'
import { z } from 'zod'
import type { WriteTokens } from '../../application/ports.ts'
import { calendarErrors } from '../../domain/errors.ts'

const subject = 'evergrant.token.access-token.get'
const answerSchema = z.object({ accessToken: z.string().min(1) })
const refusalSchema = z.object({
  retryAfter: z.number().nullish(),
  action: z.object({ kind: z.string(), description: z.string(), url: z.string().optional() }).optional(),
})

// Google's live an hour: asking for most of that brings a new one, unless the refused one was just issued.
const freshSeconds = 3000
// A write asks Google a few times at most.
const usableSeconds = 60

/** Access tokens that may write, from token-service over NATS request/reply. What token-service says the user can do
 * about a refusal goes on to the caller. */
export function createBusWriteTokens({
  bus,
  timeoutMs,
}: {
  readonly bus: Pick<EventBus, 'request'>
  readonly timeoutMs: number
}): WriteTokens {
  return {
    get: async (connectionId, { fresh }) => {
      const body = {
        connectionId,
        requiredScopes: requiredScopes('calendar', 'readwrite'),
        purpose: 'calendar.write',
        minValiditySeconds: fresh ? freshSeconds : usableSeconds,
      }
      const reply = await ask(bus, timeoutMs, body)
      if (!reply.ok) throw refusalOf(reply)
      const answer = answerSchema.safeParse(reply.body)
      if (!answer.success) throw calendarErrors.google_unavailable({ detail: 'unreadable token answer' })
      return answer.data.accessToken
    },
  }
}

async function ask(bus: Pick<EventBus, 'request'>, timeoutMs: number, body: unknown): Promise<Reply> {
  try {
    return await bus.request(subject, body, {
      timeoutMs,
      headers: { 'evergrant-caller': 'calendar-service' },
    })
  } catch (cause) {
    throw calendarErrors.google_unavailable({ cause, retryAfterSeconds: 5 })
  }
}

function refusalOf(reply: Extract<Reply, { ok: false }>) {
  const { data } = refusalSchema.safeParse(reply.body)
  const context = data?.action === undefined ? {} : { action: actionOf(data.action) }
  if (reply.code === 'missing_scopes') return calendarErrors.missing_scopes(context)
  if (reply.code === 'needs_reauthorization') return calendarErrors.needs_reauthorization(context)
  return calendarErrors.google_unavailable({
    detail: reply.code,
    retryAfterSeconds: data?.retryAfter ?? 5,
  })
}

function actionOf({
  kind,
  description,
  url,
}: {
  kind: string
  description: string
  url?: string | undefined
}) {
  return { kind, description, ...(url === undefined ? {} : { url }) } satisfies ErrorAction
}
