import { z } from 'zod'
import { defineContract } from '../define-contract.ts'
import { timeSchema } from '../vocabulary.ts'

export const grantRevoked = defineContract({
  name: 'GrantRevoked',
  context: 'token',
  major: 1,
  says: 'A grant has ended: by its user, by Google, or by an administrator.',
  schema: z.object({
    grantId: z.uuid(),
    userId: z.string(),
    by: z.enum(['user', 'google', 'admin']),
    reason: z.string(),
    revokedAt: timeSchema,
  }),
  example: {
    grantId: '5f0c8a86-6b9f-5a53-9d2e-2f6b7c1d0e01',
    userId: 'alice',
    by: 'user',
    reason: 'revoked_by_user',
    revokedAt: '2026-11-23T11:00:00.000Z',
  },
})
