export interface Header {
  readonly name: string
  readonly value: string
}

/** Replaced, never changed, on each write. */
export interface MessageRecord {
  readonly id: string
  readonly threadId: string
  readonly labelIds: readonly string[]
  /** The revision that changed it last. */
  readonly revision: number
  /** Milliseconds since the epoch. */
  readonly internalDate: number
  readonly sizeEstimate: number
  readonly snippet: string
  readonly headers: readonly Header[]
}

export type HistoryKind = 'messageAdded' | 'messageDeleted' | 'labelAdded' | 'labelRemoved'

/** One change of one message, as users.history tells it. */
export interface HistoryRecord {
  readonly revision: number
  readonly kind: HistoryKind
  readonly messageId: string
  readonly threadId: string
  /** What the message had after the change. */
  readonly labelIds: readonly string[]
  /** What was added or taken away. */
  readonly changedLabelIds: readonly string[]
}

export interface Label {
  readonly id: string
  readonly name: string
  readonly type: 'system' | 'user'
}

export interface Mailbox {
  readonly sub: string
  /** Added to every history id: with a large one, a client that reads them as floating point numbers loses its place. */
  readonly historyOffset: string
  /** The oldest revision history can be asked from; older ones answer 404. */
  readonly horizon: number
  readonly messages: Map<string, MessageRecord>
  readonly labels: Map<string, Label>
  /** In order of revision, and only after the horizon. */
  readonly history: HistoryRecord[]
}
