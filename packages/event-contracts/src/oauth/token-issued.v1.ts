import { z } from 'zod'
import { defineContract } from '../define-contract.ts'
import { accessSchema, accountSchema, serviceSchema, timeSchema } from '../vocabulary.ts'

export const tokenIssued = defineContract({
  name: 'TokenIssued',
  context: 'oauth',
  major: 1,
  says: "A user granted access to a Google account; the tokens travel sealed to token-service's key.",
  schema: z.object({
    authorizationId: z.uuid(),
    userId: z.string(),
    grantId: z.uuid(),
    issuer: z.string(),
    account: accountSchema,
    services: z.array(serviceSchema),
    access: accessSchema,
    grantedScopes: z.array(z.string()),
    missingScopes: z.array(z.string()),
    /** When the sealed access token stops working. */
    expiresAt: timeSchema,
    /** Google sends one only with a fresh consent; without it the grant lives until the access token ends. */
    refreshTokenIncluded: z.boolean(),
    /** When the refresh token ends; Google says so while the application is in testing mode (seven days). */
    refreshTokenExpiresAt: timeSchema.optional(),
    /** Compact JWE (ECDH-ES+A256KW, A256GCM) that only token-service can open. */
    sealedTokens: z.string().regex(/^[\w-]+\.[\w-]*\.[\w-]+\.[\w-]+\.[\w-]+$/),
    issuedAt: timeSchema,
  }),
  example: {
    authorizationId: '01937e1c-6c55-7000-8000-000000000001',
    userId: 'alice',
    grantId: '5f0c8a86-6b9f-5a53-9d2e-2f6b7c1d0e01',
    issuer: 'https://accounts.google.com',
    account: { id: '110169484474386276334', email: 'alice@example.com' },
    services: ['calendar'],
    access: 'read',
    grantedScopes: ['openid', 'https://www.googleapis.com/auth/calendar.readonly'],
    missingScopes: [],
    expiresAt: '2026-11-23T11:00:00.000Z',
    refreshTokenIncluded: true,
    sealedTokens: 'eyJhbGciOiJFQ0RILUVTK0EyNTZLVyJ9.a2V5.aXY.Y2lwaGVydGV4dA.dGFn',
    issuedAt: '2026-11-23T10:00:00.000Z',
  },
})
