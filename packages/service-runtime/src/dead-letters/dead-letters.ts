import { setTimeout as pause } from 'node:timers/promises'
import { DomainError } from '@evergrant/decider'
import type {
  EventStore,
  FactMetadata,
  InboxFact,
  ParkedEvent,
  ParkedEvents,
  ParkedMessages,
} from '@evergrant/event-store'
import { storeErrors } from '@evergrant/event-store'
import {
  consumedDeadLetter,
  type DeadLetter,
  publishedDeadLetter,
  type ShownDeadLetter,
  type Side,
  shown,
} from './dead-letter.ts'

/** Where a list of dead letters goes on: consumed ones come first. */
export interface DeadLetterPosition {
  readonly side: Side
  readonly after: string
}

export interface Retried {
  /** `under_way`: nobody knows yet; a passing fault is tried further, or the bus has not answered. */
  readonly outcome: 'applied' | 'published' | 'parked' | 'under_way'
  /** Why it was parked again. */
  readonly reason: string | null
}

/** What a service has given up on, on both of its sides, and what an operator can do about it. Each decision is a fact.
 * @throws DomainError `parked_event_not_found`, `parked_message_not_found` (missing),
 * `parked_event_without_identity` (conflict). */
export interface DeadLetters {
  list(query: {
    readonly side?: Side | undefined
    readonly from?: DeadLetterPosition | undefined
    readonly limit: number
  }): Promise<{ readonly items: DeadLetter[]; readonly next: DeadLetterPosition | null }>
  show(id: string): Promise<ShownDeadLetter>
  /** Tries it again, and what waits behind it after it. */
  retry(id: string, metadata: FactMetadata): Promise<Retried>
  /** Goes on without it, for good. */
  drop(id: string, decision: { readonly reason: string; readonly metadata: FactMetadata }): Promise<void>
}

export interface DeadLettersOptions {
  readonly service: string
  readonly parkedEvents: ParkedEvents
  readonly parkedMessages: ParkedMessages
  readonly store: Pick<EventStore, 'readStream'>
  /** How long a retry waits for the bus to say what it thinks of a message; default 5 000. */
  readonly publishedWithinMs?: number
}

const lookEveryMs = 100

export function createDeadLetters(options: DeadLettersOptions): DeadLetters {
  const { service, parkedEvents, parkedMessages, store, publishedWithinMs = 5_000 } = options

  const listOf = {
    consumer: async (limit: number, after: string) =>
      (await parkedEvents.list({ limit, after })).map((parked) => consumedDeadLetter(service, parked)),
    publisher: async (limit: number, after: string) =>
      (await parkedMessages.list({ limit, after })).map((parked) => publishedDeadLetter(service, parked)),
  }

  /** The events themselves do not say when they were tried: the decisions on record do. */
  const lastRetryOf = async ({ stream, subject }: ParkedEvent): Promise<Date | null> => {
    if (stream === null) return null
    const { facts } = await store.readStream<InboxFact>(`inbox-${service}`)
    const last = facts.findLast(
      ({ type, data }) =>
        type !== 'ParkedEventSkipped' &&
        data.source === stream.source &&
        data.streamId === stream.streamId &&
        data.version === stream.version &&
        data.subject === subject,
    )
    return last?.recordedAt ?? null
  }

  const retryEvent = async (number: string, metadata: FactMetadata): Promise<Retried> => {
    const { applied } = await parkedEvents.retry(number, metadata)
    if (applied) return { outcome: 'applied', reason: null }
    const still = await parkedEvents.find(number).catch((error: unknown) => {
      // A passing fault: the inbox tries it by itself from here on.
      if (error instanceof DomainError && error.code === storeErrors.parked_event_not_found().code)
        return null
      throw error
    })
    return still === null
      ? { outcome: 'under_way', reason: null }
      : { outcome: 'parked', reason: consumedDeadLetter(service, still).reason }
  }

  const retryMessage = async (number: string, metadata: FactMetadata): Promise<Retried> => {
    await parkedMessages.retry(number, metadata)
    for (let waitedMs = 0; waitedMs < publishedWithinMs; waitedMs += lookEveryMs) {
      const standing = await parkedMessages.standing(number)
      if (standing === 'published') return { outcome: 'published', reason: null }
      if (standing === 'parked') {
        const { reason } = publishedDeadLetter(service, await parkedMessages.find(number))
        return { outcome: 'parked', reason }
      }
      await pause(lookEveryMs)
    }
    return { outcome: 'under_way', reason: null }
  }

  return {
    list: async ({ side, from, limit }) => {
      const sides: readonly Side[] = side === undefined ? ['consumer', 'publisher'] : [side]
      const found: DeadLetter[] = []
      for (const each of sides.slice(Math.max(0, sides.indexOf(from?.side ?? 'consumer')))) {
        // One more than asked for tells whether there is another page.
        const missing = limit + 1 - found.length
        if (missing > 0) found.push(...(await listOf[each](missing, from?.side === each ? from.after : '0')))
      }
      const items = found.slice(0, limit)
      const last = items.at(-1)
      return {
        items,
        next: found.length > limit && last ? { side: last.side, after: parse(last.id).number } : null,
      }
    },
    show: async (id) => {
      const { side, number } = parse(id)
      if (side === 'consumer') {
        const parked = await parkedEvents.find(number)
        return shown(consumedDeadLetter(service, parked), parked, await lastRetryOf(parked))
      }
      const parked = await parkedMessages.find(number)
      return shown(publishedDeadLetter(service, parked), parked, parked.parkedAt)
    },
    retry: async (id, metadata) => {
      const { side, number } = parse(id)
      return side === 'consumer' ? retryEvent(number, metadata) : retryMessage(number, metadata)
    },
    drop: async (id, decision) => {
      const { side, number } = parse(id)
      await (side === 'consumer'
        ? parkedEvents.skip(number, decision)
        : parkedMessages.drop(number, decision))
    },
  }
}

/** Ids are checked where they come in. */
function parse(id: string): { readonly side: Side; readonly number: string } {
  const [side, number = ''] = id.split('-')
  return { side: side === 'publisher' ? 'publisher' : 'consumer', number }
}
