import { z } from 'zod'
import { defineContract } from '../define-contract.ts'
import { serviceSchema, timeSchema } from '../vocabulary.ts'

export const authorizationDenied = defineContract({
  name: 'AuthorizationDenied',
  context: 'oauth',
  major: 1,
  says: 'The user or Google said no to an authorization, and why.',
  schema: z.object({
    authorizationId: z.uuid(),
    userId: z.string(),
    services: z.array(serviceSchema),
    /** RFC 6749 error code or one of our stable words. */
    reason: z.string(),
    deniedAt: timeSchema,
  }),
  example: {
    authorizationId: '01937e1c-6c55-7000-8000-000000000002',
    userId: 'alice',
    services: ['calendar'],
    reason: 'access_denied',
    deniedAt: '2026-11-23T10:00:00.000Z',
  },
})
