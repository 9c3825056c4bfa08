import { z } from 'zod'
import { defineContract } from '../define-contract.ts'
import { timeSchema } from '../vocabulary.ts'

export const calendarEventsChanged = defineContract({
  name: 'CalendarEventsChanged',
  context: 'calendar',
  major: 1,
  says: 'A batch of upserts and deletes in one calendar; the events themselves are read over HTTP.',
  schema: z.object({
    userId: z.string(),
    connectionId: z.uuid(),
    calendarId: z.uuid(),
    changes: z.array(
      z.object({ eventId: z.string(), etag: z.string().nullable(), kind: z.enum(['upserted', 'deleted']) }),
    ),
    changedAt: timeSchema,
  }),
  example: {
    userId: 'alice',
    connectionId: '0b8f3c56-53d2-5f0e-8a65-3f6f9f1c2a01',
    calendarId: '3d2f9d0e-7f4b-5b7a-9f1d-0a1b2c3d4e05',
    changes: [{ eventId: 'e1', etag: '"3"', kind: 'upserted' }],
    changedAt: '2026-11-23T10:00:00.000Z',
  },
})
