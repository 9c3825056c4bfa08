import { z } from 'zod'
import { defineContract } from '../define-contract.ts'
import { timeSchema } from '../vocabulary.ts'
import { syncCauseSchema, syncModeSchema } from './sync-vocabulary.ts'

export const syncRequested = defineContract({
  name: 'SyncRequested',
  context: 'calendar',
  major: 1,
  says: 'Somebody wants a connection synced. Anyone who may publish on the bus may publish it.',
  schema: z.object({
    /** Absent when the asker has no id of its own; calendar-service then gives one. */
    syncId: z.uuid().optional(),
    connectionId: z.uuid(),
    /** A calendar id of ours; null or absent for everything of the connection. */
    resource: z.string().nullish(),
    mode: syncModeSchema.default('incremental'),
    cause: syncCauseSchema,
    requestedAt: timeSchema.optional(),
  }),
  example: {
    syncId: '01937e1c-6c55-7000-8000-000000000003',
    connectionId: '0b8f3c56-53d2-5f0e-8a65-3f6f9f1c2a01',
    resource: null,
    mode: 'incremental',
    cause: 'user',
    requestedAt: '2026-11-23T10:00:00.000Z',
  },
})
