import type { Header, MessageRecord } from './mailbox-record.ts'

export interface NewMessage {
  readonly id?: string
  readonly threadId?: string
  readonly subject?: string
  readonly from?: string
  readonly to?: string
  /** RFC 3339; now by default. */
  readonly date?: string
  readonly snippet?: string
  readonly sizeEstimate?: number
  /** INBOX and UNREAD by default. */
  readonly labelIds?: readonly string[]
  /** Further headers. */
  readonly headers?: readonly Header[]
}

/** A message with everything that was not said about it. */
export function receivedMessage(
  message: NewMessage,
  { id, email, now }: { readonly id: string; readonly email: string; readonly now: Date },
): Omit<MessageRecord, 'revision'> {
  const at = message.date === undefined ? now : new Date(message.date)
  const subject = message.subject ?? 'Hello'
  const headers = [
    { name: 'From', value: message.from ?? 'somebody@example.com' },
    { name: 'To', value: message.to ?? email },
    { name: 'Subject', value: subject },
    { name: 'Date', value: at.toUTCString() },
    { name: 'Message-ID', value: `<${id}@mail.example.com>` },
    ...(message.headers ?? []),
  ]
  return {
    id,
    threadId: message.threadId ?? id,
    labelIds: message.labelIds ?? ['INBOX', 'UNREAD'],
    internalDate: at.getTime(),
    sizeEstimate: message.sizeEstimate ?? 2048,
    snippet: message.snippet ?? `${subject} …`,
    headers,
  }
}
