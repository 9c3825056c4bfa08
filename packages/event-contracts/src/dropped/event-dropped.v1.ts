import { z } from 'zod'
import { type Context, defineContract } from '../define-contract.ts'

const eventDropped = (context: Context) =>
  defineContract({
    name: 'EventDropped',
    context,
    major: 1,
    says: 'An operator dropped the event that had this number and could not be published; its number is used up, and the stream goes on.',
    schema: z.object({
      type: z.string().describe('`ce-type` of the event that was dropped.'),
      reason: z.string().describe('Why it could not be published, in one stable word.'),
    }),
    example: { type: `evergrant.${context}.SchemaVerified.v1`, reason: 'message_too_large' },
  })

/** What a service publishes in place of an event it never will: numbers stay dense, so nobody waits for a hole. */
export const droppedContracts = {
  oauth: eventDropped('oauth'),
  token: eventDropped('token'),
  calendar: eventDropped('calendar'),
} as const satisfies Record<Context, unknown>

export type EventDropped = (typeof droppedContracts)[Context]
