import { z } from 'zod'
import { defineContract } from '../define-contract.ts'
import { timeSchema } from '../vocabulary.ts'

export const tokenRefreshed = defineContract({
  name: 'TokenRefreshed',
  context: 'token',
  major: 1,
  says: 'A grant has a new token set.',
  schema: z.object({
    grantId: z.uuid(),
    userId: z.string(),
    generation: z.number().int().positive(),
    expiresAt: timeSchema,
    scopes: z.array(z.string()),
    refreshedAt: timeSchema,
  }),
  example: {
    grantId: '5f0c8a86-6b9f-5a53-9d2e-2f6b7c1d0e01',
    userId: 'alice',
    generation: 2,
    expiresAt: '2026-11-23T12:00:00.000Z',
    scopes: ['openid', 'https://www.googleapis.com/auth/calendar.readonly'],
    refreshedAt: '2026-11-23T11:00:00.000Z',
  },
})
