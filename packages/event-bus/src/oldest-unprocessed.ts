import type { OldestUnprocessed, Subscription } from './event-bus.ts'
import { apiErrorCodes, jetstreamApi } from './jetstream-api.ts'
import type { Link } from './link.ts'

const withinMs = 1_000

interface ConsumerAnswer {
  readonly num_pending: number
  readonly num_ack_pending: number
  readonly ack_floor: { readonly stream_seq: number }
}

interface StoredAnswer {
  readonly message: { readonly time: string }
}

/** The first message above the consumer's ack floor: everything below it is processed. The leaders of consumer and stream
 * answer, so a replica of a NATS cluster that is behind cannot tell of an age that is over. */
export async function oldestUnprocessed(
  link: Link,
  { stream, durable }: Subscription,
): Promise<OldestUnprocessed | null> {
  const connection = link.live()
  if (!connection) return null
  const ask = <T>(subject: string, body?: unknown) =>
    // Not knowing is an answer here: whoever asks wants a number now or none.
    jetstreamApi<T>(connection, subject, body, withinMs).catch(() => undefined)

  const consumer = await ask<ConsumerAnswer>(`CONSUMER.INFO.${stream}.${durable}`)
  if (!consumer?.ok) return null
  const { num_pending, num_ack_pending, ack_floor } = consumer.value
  if (num_pending === 0 && num_ack_pending === 0) return { publishedAt: null }
  const next = await ask<StoredAnswer>(`STREAM.MSG.GET.${stream}`, {
    // By subject, so that a message that is too old to be kept is stepped over.
    next_by_subj: '>',
    seq: ack_floor.stream_seq + 1,
  })
  if (next?.ok) return { publishedAt: next.value.message.time }
  // The last of them left the stream between the two questions.
  return next?.error.err_code === apiErrorCodes.messageNotFound ? { publishedAt: null } : null
}
