import { z } from 'zod'
import { defineContract } from '../define-contract.ts'
import { timeSchema } from '../vocabulary.ts'

const refreshFailureClassSchema = z.enum([
  'revoked',
  'reauthorization_policy',
  'client_misconfigured',
  'rate_limited',
  'transient',
  'in_doubt',
])

export const tokenRefreshFailed = defineContract({
  name: 'TokenRefreshFailed',
  context: 'token',
  major: 1,
  says: 'A refresh did not succeed: the class of failure, the evidence, and when it is tried again.',
  schema: z.object({
    grantId: z.uuid(),
    userId: z.string(),
    generation: z.number().int().nonnegative(),
    failureClass: refreshFailureClassSchema,
    /** What Google said, without anything secret. */
    evidence: z.object({
      httpStatus: z.number().int().nullable(),
      error: z.string().nullable(),
      errorSubtype: z.string().nullable(),
    }),
    /** null when only the user or an operator can change anything. */
    nextAttemptAt: timeSchema.nullable(),
    failedAt: timeSchema,
  }),
  example: {
    grantId: '5f0c8a86-6b9f-5a53-9d2e-2f6b7c1d0e01',
    userId: 'alice',
    generation: 2,
    failureClass: 'transient',
    evidence: { httpStatus: 503, error: null, errorSubtype: null },
    nextAttemptAt: '2026-11-23T11:00:02.000Z',
    failedAt: '2026-11-23T11:00:00.000Z',
  },
})
