import { createHash } from 'node:crypto'
import { type ParkedEvent, type ParkedMessage, reasonCode } from '@evergrant/event-store'
import { z } from 'zod'
import { redactFields, redactText } from '../log/redaction.ts'

export const sideSchema = z
  .enum(['consumer', 'publisher'])
  .describe('consumer: it could not be applied; publisher: it could not be published')

export type Side = z.output<typeof sideSchema>

/** `<side>-<number>`: unique within its service. */
export const deadLetterIdSchema = z
  .string()
  .regex(/^(consumer|publisher)-[0-9]{1,18}$/, 'is not one of our ids')

export const deadLetterSchema = z.object({
  id: deadLetterIdSchema,
  service: z.string(),
  side: sideSchema,
  code: z.string().describe('Why it was given up, in one stable word.'),
  reason: z.string(),
  subject: z.string(),
  type: z.string().nullable().describe('`ce-type`; null when it has none.'),
  source: z.string().nullable(),
  streamId: z
    .string()
    .nullable()
    .describe('Null for a message without an identity, which holds back nothing.'),
  version: z.number().int().nullable(),
  attempts: z.number().int(),
  firstSeenAt: z.string(),
  waitingBehind: z.number().int().describe('Later events of its stream that wait for a decision.'),
})

/** What an operator decides on. The payload itself stays where it is: it may hold what nobody should read. */
export const shownDeadLetterSchema = deadLetterSchema.extend({
  lastAttemptAt: z
    .string()
    .nullable()
    .describe(
      'Null for a consumed event nobody has tried again: it was given up seconds after `firstSeenAt`.',
    ),
  envelope: z.record(z.string(), z.string()).describe('The CloudEvents attributes, secrets hidden.'),
  payload: z.object({ bytes: z.number().int(), sha256: z.string() }),
})

export type DeadLetter = z.output<typeof deadLetterSchema>
export type ShownDeadLetter = z.output<typeof shownDeadLetterSchema>

export function consumedDeadLetter(service: string, parked: ParkedEvent): DeadLetter {
  const { id, stream, subject, headers, attempts, firstSeenAt, waitingBehind } = parked
  return {
    id: `consumer-${id}`,
    service,
    side: 'consumer',
    ...whyOf(parked.reason),
    subject,
    type: headers['ce-type'] ?? null,
    source: stream?.source ?? null,
    streamId: stream?.streamId ?? null,
    version: stream?.version ?? null,
    attempts,
    firstSeenAt: firstSeenAt.toISOString(),
    waitingBehind,
  }
}

export function publishedDeadLetter(service: string, parked: ParkedMessage): DeadLetter {
  const { id, source, streamId, version, subject, headers, attempts, recordedAt, waitingBehind } = parked
  return {
    id: `publisher-${id}`,
    service,
    side: 'publisher',
    ...whyOf(parked.reason),
    subject,
    type: headers['ce-type'] ?? null,
    source,
    streamId,
    version,
    attempts,
    firstSeenAt: recordedAt.toISOString(),
    waitingBehind,
  }
}

/** With its envelope. Anybody allowed to publish may have put anything into a header, so secrets are hidden twice over:
 * by name and by what they look like. */
export function shown(
  deadLetter: DeadLetter,
  message: Pick<ParkedEvent, 'headers' | 'payload'>,
  lastAttemptAt: Date | null,
): ShownDeadLetter {
  const attributes = Object.entries(message.headers).filter(([name]) =>
    /^(ce-.+|content-type|traceparent)$/.test(name),
  )
  const hidden = redactFields(Object.fromEntries(attributes)) as Record<string, string>
  return {
    ...deadLetter,
    lastAttemptAt: lastAttemptAt?.toISOString() ?? null,
    envelope: Object.fromEntries(Object.entries(hidden).map(([name, value]) => [name, redactText(value)])),
    payload: {
      bytes: message.payload.byteLength,
      sha256: createHash('sha256').update(message.payload).digest('hex'),
    },
  }
}

function whyOf(reason: string): { code: string; reason: string } {
  return { code: reasonCode(reason), reason: redactText(reason) }
}
