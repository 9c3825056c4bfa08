import { z } from 'zod'
import { defineContract } from '../define-contract.ts'
import { actionSchema, timeSchema } from '../vocabulary.ts'

export const reauthorizationRequired = defineContract({
  name: 'ReauthorizationRequired',
  context: 'token',
  major: 1,
  says: 'A grant works again only after its user consents again.',
  schema: z.object({
    grantId: z.uuid(),
    userId: z.string(),
    reason: z.string(),
    action: actionSchema,
    requiredAt: timeSchema,
  }),
  example: {
    grantId: '5f0c8a86-6b9f-5a53-9d2e-2f6b7c1d0e01',
    userId: 'alice',
    reason: 'revoked_at_google',
    action: { kind: 'reconnect', description: 'Connect the Google account again.' },
    requiredAt: '2026-11-23T11:00:00.000Z',
  },
})
