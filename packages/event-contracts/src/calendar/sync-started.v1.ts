import { z } from 'zod'
import { defineContract } from '../define-contract.ts'
import { timeSchema } from '../vocabulary.ts'
import { syncModeSchema } from './sync-vocabulary.ts'

export const syncStarted = defineContract({
  name: 'SyncStarted',
  context: 'calendar',
  major: 1,
  says: 'A sync is running.',
  schema: z.object({
    syncId: z.uuid(),
    userId: z.string(),
    connectionIds: z.array(z.uuid()),
    mode: syncModeSchema,
    startedAt: timeSchema,
  }),
  example: {
    syncId: '01937e1c-6c55-7000-8000-000000000003',
    userId: 'alice',
    connectionIds: ['0b8f3c56-53d2-5f0e-8a65-3f6f9f1c2a01'],
    mode: 'incremental',
    startedAt: '2026-11-23T10:00:00.000Z',
  },
})
