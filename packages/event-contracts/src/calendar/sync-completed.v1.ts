import { z } from 'zod'
import { defineContract } from '../define-contract.ts'
import { timeSchema } from '../vocabulary.ts'
import { syncCountsSchema, syncModeSchema } from './sync-vocabulary.ts'

export const syncCompleted = defineContract({
  name: 'SyncCompleted',
  context: 'calendar',
  major: 1,
  says: 'A sync is done: how much it moved and how long it took. A lost cursor turns incremental into full.',
  schema: z.object({
    syncId: z.uuid(),
    userId: z.string(),
    connectionIds: z.array(z.uuid()),
    mode: syncModeSchema,
    counts: syncCountsSchema,
    durationMs: z.number().nonnegative(),
    completedAt: timeSchema,
  }),
  example: {
    syncId: '01937e1c-6c55-7000-8000-000000000003',
    userId: 'alice',
    connectionIds: ['0b8f3c56-53d2-5f0e-8a65-3f6f9f1c2a01'],
    mode: 'full',
    counts: { pages: 2, upserted: 12, deleted: 0, unchanged: 0 },
    durationMs: 412,
    completedAt: '2026-11-23T10:00:01.000Z',
  },
})
