import { z } from 'zod'
import { defineContract } from '../define-contract.ts'
import { connectionSchema, timeSchema } from '../vocabulary.ts'

export const connectionChanged = defineContract({
  name: 'ConnectionChanged',
  context: 'token',
  major: 1,
  says: 'The connection object, whenever its status, reason or scopes change.',
  schema: z.object({ userId: z.string(), connection: connectionSchema, changedAt: timeSchema }),
  example: {
    userId: 'alice',
    connection: {
      id: '0b8f3c56-53d2-5f0e-8a65-3f6f9f1c2a01',
      grantId: '5f0c8a86-6b9f-5a53-9d2e-2f6b7c1d0e01',
      service: 'calendar',
      account: { id: '110169484474386276334', email: 'alice@example.com' },
      status: 'active',
      reason: null,
      action: null,
      scopes: ['https://www.googleapis.com/auth/calendar.readonly'],
      missingScopes: [],
      access: 'read',
      expiresAt: '2026-11-23T11:00:00.000Z',
      lastRefreshedAt: null,
      lastUsedAt: null,
      connectedAt: '2026-11-23T10:00:00.000Z',
      capabilities: { 'token.read': 'ok', 'token.refresh': 'ok' },
      generation: 1,
    },
    changedAt: '2026-11-23T10:00:00.000Z',
  },
})
