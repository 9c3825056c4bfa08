import type { EventMessage } from '@evergrant/event-contracts'
import { busErrors } from './errors.ts'
import { apiErrorCodes, jetstreamApi } from './jetstream-api.ts'
import type { Link } from './link.ts'

interface StoredAnswer {
  /** Base64 both; `hdrs` is left out when there are none. */
  readonly message: { readonly subject: string; readonly hdrs?: string; readonly data?: string }
}

/** The newest message of a subject. @throws DomainError `bus_unavailable` when nobody answers. */
export async function lastMessage(link: Link, stream: string, subject: string): Promise<EventMessage | null> {
  const connection = link.live()
  if (!connection) throw busErrors.bus_unavailable({ detail: { stream, subject } })
  const answer = await jetstreamApi<StoredAnswer>(connection, `STREAM.MSG.GET.${stream}`, {
    last_by_subj: subject,
  })
  if (!answer.ok) {
    const { err_code: code } = answer.error
    if (code === apiErrorCodes.streamNotFound || code === apiErrorCodes.messageNotFound) return null
    throw busErrors.bus_unavailable({ detail: { stream, subject, refusal: answer.error } })
  }
  const { message } = answer.value
  return {
    subject: message.subject,
    headers: headersOf(Buffer.from(message.hdrs ?? '', 'base64').toString()),
    payload: new Uint8Array(Buffer.from(message.data ?? '', 'base64')),
  }
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
