import type { Clock } from '@evergrant/decider'
import type { EventBus, Running } from '@evergrant/event-bus'
import type { EventMessage } from '@evergrant/event-contracts'
import { compareDigest, type Database, gapsToRepair, type Inbox } from '@evergrant/event-store'
import { createRepairAsker } from './repair-asker.ts'
import { digestSchema } from './repair-messages.ts'
import { repeat } from './repeat.ts'
import { contextOfStream, digestSubject, sourceOfContext } from './subjects.ts'

const deliveredWithinMs = 60_000

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
  const asker = createRepairAsker({ ...options, contexts: options.streams.map(contextOfStream) })
  /** What a digest told of and has not arrived, by source and stream. */
  const owed = new Map<string, Map<string, { readonly version: number; readonly since: number }>>()

  const sweep = async () => {
    await inbox.sweep()
    const where = { database, consumer, clock, olderThanMs: options.repairAfterMs }
    await asker.ask(await gapsToRepair(where))
    await checkOwed()
  }

  const checkOwed = async () => {
    if (owed.size === 0) return
    const reading = await readingState()
    for (const [source, entries] of [...owed]) {
      const streams = [...entries].map(([streamId, { version }]) => [streamId, version] as const)
      const gaps = await compareDigest({ database, consumer, digest: { source, streams } })
      const missing = new Set(gaps.map(({ streamId }) => streamId))
      for (const streamId of entries.keys()) if (!missing.has(streamId)) entries.delete(streamId)
      if (entries.size === 0) owed.delete(source)
      const lost = gaps.filter(({ streamId }) => isLost(reading, entries.get(streamId)?.since))
      // What its publisher has forgotten since is owed no more.
      for (const { streamId } of await asker.ask(lost)) entries.delete(streamId)
    }
  }

  const readingState = async () => {
    const lags = await Promise.all(options.streams.map((stream) => bus.lag({ stream, durable: consumer })))
    const fetchedAll = lags.every((lag) => lag !== null && lag.waiting === 0)
    return { fetchedAll, finishedAll: fetchedAll && lags.every((lag) => lag?.unacknowledged === 0) }
  }

  /** A consumer that still reads is merely behind. Under steady traffic something is always under way, but what was
   * under way a minute ago is not any more. */
  const isLost = (reading: Awaited<ReturnType<typeof readingState>>, since: number | undefined) => {
    if (since === undefined) return false
    const age = clock.now().getTime() - since
    if (age >= deliveredWithinMs) return reading.fetchedAll
    return age >= options.repairAfterMs && reading.finishedAll
  }

  const hearDigest = async (expectedSource: string, body: unknown) => {
    const digest = digestSchema.safeParse(body)
    // Only the owner may publish on its digest subject; it may speak for nobody else there.
    if (!digest.success || digest.data.source !== expectedSource) {
      return onError(digest.error, 'a digest that is not one was ignored')
    }
    const { source, streams } = digest.data
    const gaps = await compareDigest({ database, consumer, digest: { source, streams } })
    if (gaps.length === 0) return
    const entries = owed.get(source) ?? new Map<string, { version: number; since: number }>()
    owed.set(source, entries)
    const since = clock.now().getTime()
    // The oldest claim stays until it is met: a busy stream would otherwise never be missed.
    for (const { streamId, to } of gaps)
      if (!entries.has(streamId)) entries.set(streamId, { version: to, since })
  }

  // A service knows what it has said itself; that must cost its database nothing, nor be missed in its inbox.
  const others = options.streams
    .map(contextOfStream)
    .filter((context) => sourceOfContext(context) !== consumer)
  const fromOthers = (messages: readonly EventMessage[]) =>
    messages.filter(({ headers }) => headers['ce-source'] !== consumer)

  // One replica compares each digest: the cursors it is compared with are shared.
  const listenToDigests = (context: string) =>
    bus.listen(digestSubject(context), (body) => hearDigest(sourceOfContext(context), body), {
      queue: consumer,
    })

  const askWhereAllStands = () => {
    for (const context of others) asker.askForDigest(context).catch(reportDigest)
  }
  const reportDigest = (error: unknown) =>
    onError(error, 'a publisher did not answer; its next digest will do')

  const consumers = options.streams.map((stream) =>
    bus.consume({ stream, durable: consumer }, async (all) => {
      const messages = fromOthers(all)
      if (messages.length === 0) return { status: 'done' }
      const outcome = await inbox.receive(messages)
      if (outcome.status === 'done') options.onReceived(messages)
      return outcome
    }),
  )
  const listening = others.map(listenToDigests)
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
