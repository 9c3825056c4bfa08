import type { Clock } from '@evergrant/decider'
import type { EventBus } from '@evergrant/event-bus'
import type { Gap, Inbox } from '@evergrant/event-store'
import { gapsPerRequest, type RepairRequest, repairAnswerSchema } from './repair-messages.ts'
import { contextOfSource, repairSubject } from './subjects.ts'

const answerWithinMs = 5_000

export interface RepairAskerOptions {
  readonly bus: EventBus
  /** Publishers that answer repairs. Events may come from others; theirs nobody can ask for again. */
  readonly contexts: readonly string[]
  readonly inbox: Pick<Inbox, 'startAt'>
  readonly clock: Clock
  readonly repairAfterMs: number
  readonly onAsked: (gaps: number) => void
  readonly onError: (error: unknown, what: string) => void
}

/** Asks publishers for missing publications, each gap at most once per `repairAfterMs`. */
export function createRepairAsker(options: RepairAskerOptions) {
  const { bus, inbox, clock } = options
  const askedAt = new Map<string, number>()

  const request = async (context: string, body: RepairRequest) => {
    const reply = await bus.request(repairSubject(context), body, { timeoutMs: answerWithinMs })
    if (!reply.ok) throw new Error(`${context} refused to repair: ${reply.code}`)
    return repairAnswerSchema.parse(reply.body).results
  }

  /** Answers what the source does not know of. */
  const askSource = async (source: string, gaps: readonly Gap[]): Promise<readonly Gap[]> => {
    const body = { gaps: gaps.map(({ streamId, from, to }) => ({ streamId, from, to })) }
    const results = await request(contextOfSource(source), body)
    options.onAsked(gaps.length)
    const unknown: Gap[] = []
    for (const [index, gap] of gaps.entries()) {
      const firstAvailable = results[index]?.firstAvailable
      if (firstAvailable === undefined) continue
      if (firstAvailable === null) {
        // It forgot a stream that ended long ago, or was restored from a backup: then we hold something newer than it
        // knows. Nobody may guess here.
        unknown.push(gap)
        options.onError(
          new Error(`${source} no longer knows ${gap.streamId}@${gap.from}`),
          'publisher is behind',
        )
      } else if (firstAvailable > gap.from) await inbox.startAt(gap, firstAvailable)
    }
    return unknown
  }

  const canBeAsked = ({ source }: Gap) => options.contexts.includes(contextOfSource(source))

  return {
    /** Answers those of which the publisher knows nothing any more. */
    ask: async (gaps: readonly Gap[]): Promise<readonly Gap[]> => {
      const unknown: Gap[] = []
      const now = clock.now().getTime()
      for (const [key, at] of askedAt) if (now - at >= options.repairAfterMs) askedAt.delete(key)
      const due = gaps.filter((gap) => canBeAsked(gap) && !askedAt.has(keyOf(gap)))
      for (const [source, ofSource] of Map.groupBy(due, (gap) => gap.source)) {
        for (let start = 0; start < ofSource.length; start += gapsPerRequest) {
          const some = ofSource.slice(start, start + gapsPerRequest)
          for (const gap of some) askedAt.set(keyOf(gap), now)
          try {
            unknown.push(...(await askSource(source, some)))
          } catch (error) {
            options.onError(error, 'a repair was not answered; it will be asked for again')
          }
        }
      }
      return unknown
    },
    askForDigest: async (context: string): Promise<void> => {
      await request(context, { gaps: [], fullDigest: true })
    },
  }
}

const keyOf = (gap: Gap) => `${gap.source}/${gap.streamId}@${gap.from}`
