import type { Msg } from 'nats'

export interface HoldOptions {
  /** How long the server leaves a message with us before it delivers it again. */
  readonly ackWaitMs: number
  /** After so long a batch is stuck, not slow: another replica may have it. */
  readonly longestBatchMs: number
}

/**
 * Tells the server, while a batch is worked on, that its messages are still ours: so the ack wait can be short, and what a
 * killed process held is with another one seconds later, not when the longest batch could have been done.
 * @param held asked anew each time: what waits behind the batch is held with it.
 * @returns ends the holding. */
export function holdMessages(
  held: () => readonly Pick<Msg, 'respond'>[],
  { ackWaitMs, longestBatchMs }: HoldOptions,
): () => void {
  const everyMs = ackWaitMs / 3
  let left = Math.floor(longestBatchMs / everyMs)
  const timer = setInterval(() => {
    if (left-- <= 0) return clearInterval(timer)
    for (const message of held()) message.respond('+WPI')
  }, everyMs)
  return () => clearInterval(timer)
}
