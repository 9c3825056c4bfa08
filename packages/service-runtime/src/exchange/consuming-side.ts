import type { Clock } from '@evergrant/decider'
import type { EventBus, Running } from '@evergrant/event-bus'
import type { EventMessage } from '@evergrant/event-contracts'
import { compareDigest, type Database, type Gap, gapsToRepair, type Inbox } from '@evergrant/event-store'
import { createRepairAsker } from './repair-asker.ts'
import { digestSchema } from './repair-messages.ts'
import { repeat } from './repeat.ts'
import { contextOfStream, digestSubject } from './subjects.ts'

const caughtUpWithinMs = 60_000

export interface ConsumingSideOptions {
  readonly database: Database
  readonly bus: EventBus
  readonly inbox: Inbox
  /** The consuming service. */
  readonly consumer: string
  readonly streams: readonly string[]
  readonly clock: Clock
  readonly sweepEveryMs: number
  readonly repairAfterMs: number
  readonly onReceived: (messages: readonly EventMessage[]) => void
  readonly onAsked: (gaps: number) => void
  readonly onError: (error: unknown, what: string) => void
}

/** Consumes the source streams and asks their publishers for what never arrived: a gap shows by itself, a lost tail only
 * by the publisher's digest. */
export function startConsumingSide(options: ConsumingSideOptions): Running {
  const { database, bus, inbox, consumer, clock, onError } = options
  const asker = createRepairAsker(options)
  /** Newest version a digest told of, by source and stream, until it has arrived. */
  const owed = new Map<string, { readonly versions: Map<string, number>; readonly since: number }>()

  const sweep = async () => {
    await inbox.sweep()
    const where = { database, consumer, clock, olderThanMs: options.repairAfterMs }
    await asker.ask(await gapsToRepair(where))
    await checkOwed()
  }

  const checkOwed = async () => {
    for (const [source, { versions, since }] of [...owed]) {
      const gaps = await compareDigest({
        database,
        consumer,
        clock,
        digest: { source, streams: [...versions] },
      })
      const missing = new Set(gaps.map(({ streamId }) => streamId))
      for (const streamId of versions.keys()) if (!missing.has(streamId)) versions.delete(streamId)
      if (versions.size === 0) owed.delete(source)
      else if (await isLost(since)) await asker.ask(gaps)
    }
  }

  /** A consumer that still reads is merely behind; one that has read everything, or still misses it a minute later, is not. */
  const isLost = async (since: number) => {
    const age = clock.now().getTime() - since
    if (age < options.repairAfterMs) return false
    if (age >= caughtUpWithinMs) return true
    const lags = await Promise.all(options.streams.map((stream) => bus.lag({ stream, durable: consumer })))
    return lags.every((lag) => lag !== null && lag.waiting === 0 && lag.unacknowledged === 0)
  }

  const hearDigest = async (body: unknown) => {
    const digest = digestSchema.safeParse(body)
    if (!digest.success) return onError(digest.error, 'a digest that is not one was ignored')
    const { source, streams } = digest.data
    const gaps: readonly Gap[] = await compareDigest({
      database,
      consumer,
      clock,
      digest: { source, streams },
    })
    if (gaps.length === 0) return
    const known = owed.get(source) ?? { versions: new Map<string, number>(), since: clock.now().getTime() }
    for (const { streamId, to } of gaps) {
      known.versions.set(streamId, Math.max(to, known.versions.get(streamId) ?? 0))
    }
    owed.set(source, known)
  }

  const askWhereAllStands = () => {
    for (const stream of options.streams) asker.askForDigest(contextOfStream(stream)).catch(reportDigest)
  }
  const reportDigest = (error: unknown) =>
    onError(error, 'a publisher did not answer; its next digest will do')

  const consumers = options.streams.map((stream) =>
    bus.consume({ stream, durable: consumer }, async (messages) => {
      const outcome = await inbox.receive(messages)
      if (outcome.status === 'done') options.onReceived(messages)
      return outcome
    }),
  )
  // One replica compares each digest: the cursors it is compared with are shared.
  const listening = options.streams.map((stream) =>
    bus.listen(digestSubject(contextOfStream(stream)), hearDigest, { queue: consumer }),
  )
  const sweeping = repeat(options.sweepEveryMs, sweep, (error) => onError(error, 'the inbox was not swept'))
  const forgetRestored = bus.onRestored(askWhereAllStands)
  askWhereAllStands()

  return {
    stop: async () => {
      forgetRestored()
      await Promise.all([...consumers, ...listening].map((each) => each.stop()))
      await sweeping.stop()
    },
  }
}
