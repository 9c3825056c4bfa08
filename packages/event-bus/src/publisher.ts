import { messageId } from '@evergrant/event-contracts'
import { type MsgHdrs, type NatsConnection, headers as newHeaders, nuid } from 'nats'
import type { MessageToPublish, PublishOutcome } from './event-bus.ts'
import { type ApiError, apiErrorCodes, isNoResponders } from './jetstream-api.ts'
import type { Link } from './link.ts'
import type { StreamKeeper } from './streams.ts'

const ackTimeoutMs = 5_000
/** In flight at once, over all event streams; more only moves the queue into the server's ingest limit. */
const windowSize = 256
/** The server takes 1,000 a batch; half of it keeps one batch's fsync short. */
const batchSize = 500

interface PubAck {
  readonly seq?: number
  readonly duplicate?: boolean
  readonly count?: number
  readonly error?: ApiError
}

/** Publishes frozen events in order per event stream: one atomic batch where the server offers it, pipelined singles
 * where it does not or where the batch was refused (one duplicate refuses it whole). */
export function createPublisher(link: Link, streams: StreamKeeper) {
  return async (messages: readonly MessageToPublish[]): Promise<readonly PublishOutcome[]> => {
    const outcomes: PublishOutcome[] = []
    for (let start = 0; start < messages.length; start += batchSize) {
      const chunk = messages.slice(start, start + batchSize)
      outcomes.push(...(await publishChunk(link, streams, chunk, blockedBy(messages, outcomes))))
    }
    return outcomes
  }
}

function blockedBy(messages: readonly MessageToPublish[], outcomes: readonly PublishOutcome[]): Set<string> {
  return new Set(
    outcomes.flatMap((outcome, index) => {
      const message = messages[index]
      return outcome.status === 'published' || !message ? [] : [streamKey(message)]
    }),
  )
}

async function publishChunk(
  link: Link,
  streams: StreamKeeper,
  chunk: readonly MessageToPublish[],
  blocked: Set<string>,
): Promise<PublishOutcome[]> {
  const connection = link.live()
  const outcomes: PublishOutcome[] = chunk.map(() => ({ status: 'retry', reason: 'the bus is away' }))
  if (!connection) return outcomes

  const sendable: number[] = []
  for (const [index, message] of chunk.entries()) {
    const flaw = flawOf(connection, message)
    if (blocked.has(streamKey(message))) outcomes[index] = behindAnother
    else if (flaw) outcomes[index] = { status: 'park', reason: flaw }
    else sendable.push(index)
    if (flaw) blocked.add(streamKey(message))
  }
  const sent = sendable.flatMap((index) => chunk[index] ?? [])
  const results =
    (await tryBatch(connection, streams, sent)) ?? (await publishSingly(connection, streams, sent))
  for (const [position, index] of sendable.entries()) {
    const result = results[position]
    if (result) outcomes[index] = result
  }
  return outcomes
}

/** Undefined when a batch is not possible or was refused as a whole. */
async function tryBatch(
  connection: NatsConnection,
  streams: StreamKeeper,
  messages: readonly MessageToPublish[],
): Promise<PublishOutcome[] | undefined> {
  if (messages.length < 2 || !streams.takesBatches(new Set(messages.map(({ subject }) => subject))))
    return undefined
  const batch = nuid.next()
  let commit: Promise<PubAck> | undefined
  for (const [index, message] of messages.entries()) {
    const headers = wireHeaders(message)
    headers.set('Nats-Batch-Id', batch)
    headers.set('Nats-Batch-Sequence', String(index + 1))
    if (index < messages.length - 1) {
      connection.publish(message.subject, message.payload, { headers })
      continue
    }
    headers.set('Nats-Batch-Commit', '1')
    commit = request(connection, message, headers)
  }
  try {
    const ack = await commit
    if (ack?.error || ack?.seq === undefined || ack.count !== messages.length) return undefined
    const first = ack.seq - messages.length + 1
    return messages.map((_, index) => ({ status: 'published', sequence: first + index, duplicate: false }))
  } catch (error) {
    if (isNoResponders(error)) streams.recheck()
    // Unknown outcome: published again later, under the same message ids.
    return messages.map(() => ({ status: 'retry', reason: reasonOf(error) }))
  }
}

async function publishSingly(
  connection: NatsConnection,
  streams: StreamKeeper,
  messages: readonly MessageToPublish[],
): Promise<PublishOutcome[]> {
  const outcomes: PublishOutcome[] = messages.map(() => behindAnother)
  const lines = [...Map.groupBy(messages.entries(), ([, message]) => streamKey(message)).values()]
  let away: PublishOutcome | undefined

  const publishLine = async (line: (typeof lines)[number]) => {
    for (const [index, message] of line) {
      const outcome = away ?? (await publishOne(connection, message))
      outcomes[index] = outcome
      if (outcome.status === 'retry') {
        away = outcome
        streams.recheck()
      }
      if (outcome.status !== 'published') return
    }
  }
  const worker = async () => {
    for (let line = lines.shift(); line; line = lines.shift()) await publishLine(line)
  }
  await Promise.all(Array.from({ length: Math.min(windowSize, lines.length) }, worker))
  return outcomes
}

async function publishOne(connection: NatsConnection, message: MessageToPublish): Promise<PublishOutcome> {
  try {
    const ack = await request(connection, message, wireHeaders(message))
    if (ack.seq !== undefined && !ack.error) {
      return { status: 'published', sequence: ack.seq, duplicate: ack.duplicate ?? false }
    }
    const reason = ack.error?.description ?? 'the bus sent no acknowledgement'
    if (ack.error?.err_code !== apiErrorCodes.messageTooLarge) return { status: 'retry', reason }
    return { status: 'park', reason: `message_too_large: ${reason}` }
  } catch (error) {
    return { status: 'retry', reason: reasonOf(error) }
  }
}

async function request(
  connection: NatsConnection,
  message: MessageToPublish,
  headers: MsgHdrs,
): Promise<PubAck> {
  const reply = await connection.request(message.subject, message.payload, { headers, timeout: ackTimeoutMs })
  return reply.json<PubAck>()
}

function wireHeaders(message: MessageToPublish): MsgHdrs {
  const headers = newHeaders()
  for (const [name, value] of Object.entries(message.headers)) headers.set(name, value)
  headers.set('Nats-Msg-Id', messageId(message, message.repair))
  return headers
}

/** Why a message can never be published as it is: a stable word and what it means. */
function flawOf(connection: NatsConnection, message: MessageToPublish): string | undefined {
  if (!/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/.test(message.subject))
    return 'invalid_subject: the subject is not valid'
  let size = message.payload.length + 256
  for (const [name, value] of Object.entries(message.headers)) {
    if (/[\r\n]/.test(name + value))
      return `invalid_header: the header ${JSON.stringify(name)} holds a line break`
    size += Buffer.byteLength(name) + Buffer.byteLength(value) + 4
  }
  const limit = connection.info?.max_payload ?? Number.POSITIVE_INFINITY
  return size > limit ? `message_too_large: larger than the bus takes (${limit} bytes)` : undefined
}

const behindAnother: PublishOutcome = {
  status: 'retry',
  reason: 'an earlier event of its stream is not published',
}

const streamKey = (message: MessageToPublish) => `${message.source}/${message.streamId}`

const reasonOf = (error: unknown) =>
  isNoResponders(error) ? 'no stream takes the subject' : 'no acknowledgement'
