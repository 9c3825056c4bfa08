import type { Clock } from '@evergrant/decider'
import type { Running } from '@evergrant/event-bus'
import { type Database, pruneOutbox } from '@evergrant/event-store'
import { repeat } from './repeat.ts'

const perRound = 5_000

export interface HousekeepingOptions {
  readonly database: Database
  readonly clock: Clock
  /** How long a published event stays ready to be published again. A consumer that was away longer asks for a start. */
  readonly keepPublishedMs: number
  readonly everyMs: number
  readonly onError: (error: unknown) => void
}

/** Keeps the outbox from growing for ever. Every replica may do it at once: each round takes what is still there. */
export function startHousekeeping(options: HousekeepingOptions): Running {
  const { database, clock, keepPublishedMs, everyMs, onError } = options
  const prune = async () => {
    const before = new Date(clock.now().getTime() - keepPublishedMs)
    for (let more = true; more; ) {
      const { publications, commands } = await pruneOutbox({ database, before, limit: perRound })
      more = publications === perRound || commands === perRound
    }
  }
  return repeat(everyMs, prune, onError)
}
