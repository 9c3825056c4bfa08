import { historyIdOf } from './mailbox.ts'
import type { Mailbox, MessageRecord } from './mailbox-record.ts'

/** What every format of a message has. */
export function minimalMessage(mailbox: Mailbox, message: MessageRecord): object {
  return {
    id: message.id,
    threadId: message.threadId,
    labelIds: message.labelIds,
    snippet: message.snippet,
    historyId: historyIdOf(mailbox, message.revision),
    internalDate: String(message.internalDate),
    sizeEstimate: message.sizeEstimate,
  }
}

/** `format=metadata`: the headers (only `names`, when there are any), never a body. */
export function messageMetadata(mailbox: Mailbox, message: MessageRecord, names: readonly string[]): object {
  const wanted = new Set(names.map((name) => name.toLowerCase()))
  const headers = message.headers.filter(({ name }) => wanted.size === 0 || wanted.has(name.toLowerCase()))
  return { ...minimalMessage(mailbox, message), payload: { mimeType: 'text/plain', headers } }
}

/** `format=full`: with a body, so that a client that stores one can be caught. */
export function fullMessage(mailbox: Mailbox, message: MessageRecord): object {
  const { snippet: text, headers } = message
  const body = { size: Buffer.byteLength(text), data: Buffer.from(text).toString('base64url') }
  const payload = { partId: '', mimeType: 'text/plain', filename: '', headers, body }
  return { ...minimalMessage(mailbox, message), payload }
}
