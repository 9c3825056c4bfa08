import { messageId } from '@evergrant/event-contracts'
import type { OutgoingMessage, Publish, PublishOutcome } from '../outbox/outbox.ts'

export interface PublishDouble {
  readonly publish: Publish
  /** What the "server" stored, in order; a message id is stored once, as in its duplicate window. */
  readonly stored: OutgoingMessage[]
  /** How many messages were offered in all. */
  readonly offered: () => number
  /** Decides what becomes of a message before it is stored; undefined lets it through. */
  refuse: (message: OutgoingMessage) => PublishOutcome | undefined
}

/** A bus in memory for relay specs: in order per stream, nothing after a refused message of the same stream. */
export function createPublishDouble(): PublishDouble {
  const ids = new Set<string>()
  let offered = 0
  const double: PublishDouble = {
    stored: [],
    offered: () => offered,
    refuse: () => undefined,
    publish: async (messages) => {
      const stopped = new Set<string>()
      return messages.map((message): PublishOutcome => {
        offered++
        if (stopped.has(message.streamId)) return { status: 'retry', reason: 'after a failed one' }
        const refusal = double.refuse(message)
        if (refusal) {
          stopped.add(message.streamId)
          return refusal
        }
        const id = messageId(message, message.repair)
        const duplicate = ids.has(id)
        ids.add(id)
        if (!duplicate) double.stored.push(message)
        return { status: 'published', sequence: double.stored.length, duplicate }
      })
    },
  }
  return double
}
