import { z } from 'zod'

/** Streams in one digest message; about 100 bytes each stay far below the server's 1 MiB. */
export const streamsPerDigest = 2_000
/** Gaps in one repair request. */
export const gapsPerRequest = 200

const versionSchema = z.number().int().positive().max(Number.MAX_SAFE_INTEGER)

export const digestSchema = z.object({
  source: z.string().min(1),
  streams: z.array(z.tuple([z.string().min(1), versionSchema])).max(streamsPerDigest),
})

/** What a consumer knows to be missing; `fullDigest` asks where everything stands, e.g. after a long absence. */
export const repairRequestSchema = z.object({
  gaps: z
    .array(z.object({ streamId: z.string().min(1).max(512), from: versionSchema, to: versionSchema }))
    .max(gapsPerRequest),
  fullDigest: z.boolean().default(false),
})

/** For each gap, in the order asked: the first version from `from` on that still exists; null when none does. */
export const repairAnswerSchema = z.object({
  results: z.array(z.object({ firstAvailable: versionSchema.nullable(), republished: z.number().int() })),
})

export type RepairRequest = z.input<typeof repairRequestSchema>
