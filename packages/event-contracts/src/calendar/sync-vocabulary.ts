import { z } from 'zod'

export const syncModeSchema = z.enum(['incremental', 'full'])
export type SyncMode = z.infer<typeof syncModeSchema>

export const syncCauseSchema = z.enum(['user', 'schedule', 'push', 'token-issued', 'retry'])
export type SyncCause = z.infer<typeof syncCauseSchema>

export const syncCountsSchema = z.object({
  pages: z.number().int().nonnegative(),
  upserted: z.number().int().nonnegative(),
  deleted: z.number().int().nonnegative(),
  unchanged: z.number().int().nonnegative(),
})
export type SyncCounts = z.infer<typeof syncCountsSchema>
