import { busErrors } from './errors.ts'
import type { ReadFrom, StoredMessage } from './event-bus.ts'
import { apiErrorCodes, jetstreamApi } from './jetstream-api.ts'
import type { Link } from './link.ts'

/** What a stream is asked for one message by; `next_by_subj` steps over what is no longer kept. */
type Query = { readonly last_by_subj: string } | { readonly next_by_subj: string; readonly seq: number }

interface MessageAnswer {
  /** Base64 both; `hdrs` is left out when there are none. */
  readonly message: {
    readonly subject: string
    readonly seq: number
    readonly time: string
    readonly hdrs?: string
    readonly data?: string
  }
}

interface StreamAnswer {
  readonly state: { readonly first_seq: number; readonly last_seq: number }
}

/** One message of a stream; null when there is none, or no such stream.
 * @throws DomainError `bus_unavailable` when nobody answers. */
export async function storedMessage(link: Link, stream: string, query: Query): Promise<StoredMessage | null> {
  const answer = await ask<MessageAnswer>(link, stream, 'MSG.GET', query)
  if (!answer) return null
  const { message } = answer
  return {
    subject: message.subject,
    headers: headersOf(Buffer.from(message.hdrs ?? '', 'base64').toString()),
    payload: new Uint8Array(Buffer.from(message.data ?? '', 'base64')),
    sequence: message.seq,
    storedAt: new Date(message.time),
  }
}

/** One question a message: for the few that somebody looks for, not for a stream as a whole. */
export async function* storedMessages(
  link: Link,
  stream: string,
  from: ReadFrom,
): AsyncGenerator<StoredMessage> {
  let sequence = 'sequence' in from ? from.sequence : await firstSince(link, stream, from.since)
  for (;;) {
    const message = await nextFrom(link, stream, sequence)
    if (!message) return
    yield message
    sequence = message.sequence + 1
  }
}

const nextFrom = (link: Link, stream: string, seq: number) =>
  storedMessage(link, stream, { next_by_subj: '>', seq })

/** The server finds by sequence alone, and the times it gave are in that order: halving finds the place in some twenty
 * questions. */
async function firstSince(link: Link, stream: string, since: Date): Promise<number> {
  const info = await ask<StreamAnswer>(link, stream, 'INFO')
  if (!info) return 1
  let low = info.state.first_seq
  let high = info.state.last_seq + 1
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const message = await nextFrom(link, stream, middle)
    if (message && message.storedAt < since) low = message.sequence + 1
    else high = middle
  }
  return low
}

async function ask<T>(link: Link, stream: string, verb: string, body?: unknown): Promise<T | null> {
  const connection = link.live()
  if (!connection) throw busErrors.bus_unavailable({ detail: { stream } })
  const answer = await jetstreamApi<T>(connection, `STREAM.${verb}.${stream}`, body)
  if (answer.ok) return answer.value
  const { err_code: code } = answer.error
  if (code === apiErrorCodes.streamNotFound || code === apiErrorCodes.messageNotFound) return null
  throw busErrors.bus_unavailable({ detail: { stream, refusal: answer.error } })
}

/** The header block as NATS stores it: a version line, then `Name: value` lines. */
function headersOf(block: string): Record<string, string> {
  const lines = block.split('\r\n').slice(1)
  const pairs = lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line] as const)
  return Object.fromEntries(
    pairs
      .filter(([name]) => name !== '' && !name.startsWith('nats-'))
      .map(([name, line]) => [name, line.slice(name.length + 1).trim()]),
  )
}
