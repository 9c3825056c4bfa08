import type { Clock } from '@evergrant/decider'
import type { EventBus, Reply, Running } from '@evergrant/event-bus'
import type { Context } from '@evergrant/event-contracts'
import { type Database, digestOf, republish } from '@evergrant/event-store'
import { repairRequestSchema, streamsPerDigest } from './repair-messages.ts'
import { repeat } from './repeat.ts'
import { digestSubject, repairSubject, serviceOf } from './subjects.ts'

const digestWindowMs = 10 * 60_000
const fullDigestEveryMs = 60 * 60_000
const fullDigestStreams = 200_000
/** Many consumers may ask after the same outage; one full digest answers them all. */
const fullDigestNotAgainMs = 5_000

export interface PublishingSideOptions {
  readonly database: Database
  readonly bus: EventBus
  readonly context: Context
  readonly clock: Clock
  readonly digestEveryMs: number
  readonly onError: (error: unknown) => void
  readonly onRepaired: (republished: number) => void
}

/** Says where the truth stands, so that consumers notice what the bus lost, and publishes again what they ask for. */
export async function startPublishingSide(options: PublishingSideOptions): Promise<Running> {
  const { database, bus, context, clock, onError } = options
  const source = serviceOf(context)
  let lastFullAt = Number.NEGATIVE_INFINITY

  const announce = async (since: Date, limit: number) => {
    const { streams } = await digestOf({ database, source, since, limit })
    for (let start = 0; start < streams.length; start += streamsPerDigest) {
      bus.broadcast(digestSubject(context), {
        source,
        streams: streams.slice(start, start + streamsPerDigest),
      })
    }
  }
  const announceAll = async () => {
    const now = clock.now().getTime()
    if (now - lastFullAt < fullDigestNotAgainMs) return
    lastFullAt = now
    await announce(new Date(0), fullDigestStreams)
  }

  const answerRepair = async (body: unknown): Promise<Reply> => {
    const asked = repairRequestSchema.safeParse(body)
    if (!asked.success) return { ok: false, status: 400, code: 'invalid_request', body: null }
    const results = []
    for (const { streamId, from, to } of asked.data.gaps) {
      results.push(await republish({ database, streamId, from, to }))
    }
    options.onRepaired(results.reduce((sum, { republished }) => sum + republished, 0))
    if (asked.data.fullDigest) announceAll().catch(onError)
    return { ok: true, body: { results } }
  }

  const serving = await bus.serve({
    name: `${source}-repair`,
    version: '1.0.0',
    description: `Publishes events of ${source} again that the bus lost.`,
    endpoints: { repair: { subject: repairSubject(context), handle: answerRepair } },
  })
  const recent = repeat(
    options.digestEveryMs,
    () => announce(new Date(clock.now().getTime() - digestWindowMs), streamsPerDigest),
    onError,
  )
  const full = repeat(fullDigestEveryMs, announceAll, onError)
  const forgetRestored = bus.onRestored(() => {
    lastFullAt = Number.NEGATIVE_INFINITY
    announceAll().catch(onError)
  })
  return {
    stop: async () => {
      forgetRestored()
      await Promise.all([recent.stop(), full.stop(), serving.stop()])
    },
  }
}
