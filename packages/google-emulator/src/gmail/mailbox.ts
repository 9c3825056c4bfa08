import { type Account, nextRevision, touch, type WorldState } from '../state.ts'
import type { HistoryKind, Label, Mailbox, MessageRecord } from './mailbox-record.ts'

const systemLabels = [
  ...['INBOX', 'SENT', 'DRAFT', 'TRASH', 'SPAM', 'UNREAD', 'STARRED', 'IMPORTANT', 'CHAT'],
  ...['PERSONAL', 'SOCIAL', 'PROMOTIONS', 'UPDATES', 'FORUMS'].map((name) => `CATEGORY_${name}`),
]

/** History ids leave gaps, as Google's do: a client that expects the next number is wrong. */
const historyStep = 7n

/** The mailbox of an account; an empty one is made when it is first asked for. */
export function mailboxOf(state: WorldState, { sub }: Account): Mailbox {
  const existing = state.mailboxes.get(sub)
  if (existing) return existing
  const labels = systemLabels.map((id): [string, Label] => [id, { id, name: id, type: 'system' }])
  const mailbox: Mailbox = {
    sub,
    historyOffset: '1000',
    horizon: nextRevision(state, 'mailboxes'),
    messages: new Map(),
    labels: new Map(labels),
    history: [],
  }
  state.mailboxes.set(sub, mailbox)
  return mailbox
}

/** A revision as a history id: a decimal number that may be larger than 2^53. */
export const historyIdOf = (mailbox: Mailbox, revision: number) =>
  String(BigInt(mailbox.historyOffset) + BigInt(revision) * historyStep)

/** The newest history id of a mailbox. */
export const newestHistoryId = (mailbox: Mailbox) => historyIdOf(mailbox, newestRevision(mailbox))

const newestRevision = (mailbox: Mailbox) => mailbox.history.at(-1)?.revision ?? mailbox.horizon

/** The revision a history id stands for; undefined outside of what the mailbox remembers. */
export function revisionOf(mailbox: Mailbox, historyId: bigint): number | undefined {
  const steps = (historyId - BigInt(mailbox.historyOffset)) / historyStep
  const known = steps >= BigInt(mailbox.horizon) && steps <= BigInt(newestRevision(mailbox))
  return known ? Number(steps) : undefined
}

/** Stores a message as a new revision and tells history what happened to it. The only way a message changes. */
export function putMessage(
  state: WorldState,
  mailbox: Mailbox,
  message: Omit<MessageRecord, 'revision'>,
  what: { readonly kind: HistoryKind; readonly labelIds: readonly string[] },
): MessageRecord {
  const revision = nextRevision(state, 'mailboxes')
  const record: MessageRecord = { ...message, revision }
  if (what.kind === 'messageDeleted') mailbox.messages.delete(message.id)
  else mailbox.messages.set(message.id, record)
  const { id: messageId, threadId, labelIds } = message
  mailbox.history.push({
    revision,
    kind: what.kind,
    messageId,
    threadId,
    labelIds,
    changedLabelIds: what.labelIds,
  })
  touch(state, mailboxResource(mailbox.sub))
  return record
}

/** What a watch of a mailbox waits for. */
export const mailboxResource = (sub: string) => `mailbox ${sub}`

/** Forgets all history but the newest `keep` changes, as Google does after about a week: older start ids answer 404. */
export function forgetHistory(state: WorldState, mailbox: Mailbox, keep: number): void {
  const revision = nextRevision(state, 'mailboxes')
  const history = keep === 0 ? [] : mailbox.history.slice(-keep)
  const lastForgotten = mailbox.history.at(-keep - 1)?.revision ?? mailbox.horizon
  state.mailboxes.set(mailbox.sub, { ...mailbox, history, horizon: keep === 0 ? revision : lastForgotten })
}
