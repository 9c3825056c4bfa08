import { forgetHistory, mailboxOf, putMessage } from '../gmail/mailbox.ts'
import type { Label, Mailbox, MessageRecord } from '../gmail/mailbox-record.ts'
import { type NewMessage, receivedMessage } from '../gmail/new-message.ts'
import { nextRevision, nextSequence } from '../state.ts'
import type { World } from '../world.ts'
import { generatedMessages } from './generated-messages.ts'
import { accountOf } from './known.ts'

export interface GmailControl {
  addMessage(email: string, message: NewMessage): MessageRecord
  /** Trash a message by adding TRASH. */
  labelMessage(
    email: string,
    id: string,
    change: { add?: readonly string[]; remove?: readonly string[] },
  ): MessageRecord
  deleteMessage(email: string, id: string): void
  addLabel(email: string, name: string): Label
  /** Adds generated messages; the same seed always makes the same ones. */
  seedMessages(email: string, plan: { count: number; seed: number; from?: string }): { added: number }
  /** Later use of older history ids answers 404; the newest `keep` changes (default 0) stay known. */
  expireHistory(email: string, what?: { keep?: number }): void
  /** Adds a number to all history ids of an empty mailbox, to see what a client does with ids beyond 2^53. */
  offsetHistory(email: string, offset: string): void
}

/** Mailboxes, changed without asking anybody. */
export function gmailControl(world: World): GmailControl {
  const { state } = world
  const mailbox = (email: string) => mailboxOf(state, accountOf(world, email))
  return {
    addMessage: (email, message) => addMessage(world, mailbox(email), email, message),
    labelMessage: (email, id, change) => labelMessage(world, mailbox(email), id, change),
    deleteMessage(email, id) {
      const message = messageOf(mailbox(email), id)
      putMessage(state, mailbox(email), message, { kind: 'messageDeleted', labelIds: [] })
    },
    addLabel(email, name) {
      const label: Label = { id: `Label_${nextSequence(state)}`, name, type: 'user' }
      mailbox(email).labels.set(label.id, label)
      state.changed.add('mailboxes')
      return label
    },
    seedMessages(email, { count, seed, from = `${world.clock.now().getUTCFullYear()}-01-01T00:00:00Z` }) {
      const box = mailbox(email)
      for (const message of generatedMessages({ count, seed, from: Date.parse(from) })) {
        addMessage(world, box, email, message)
      }
      return { added: count }
    },
    expireHistory: (email, { keep = 0 } = {}) => forgetHistory(state, mailbox(email), keep),
    offsetHistory(email, offset) {
      const box = mailbox(email)
      if (box.messages.size > 0) throw new Error(`the mailbox of ${email} is not empty`)
      state.mailboxes.set(box.sub, {
        ...box,
        historyOffset: String(BigInt(offset)),
        horizon: nextRevision(state, 'mailboxes'),
      })
    },
  }
}

function messageOf(mailbox: Mailbox, id: string): MessageRecord {
  const message = mailbox.messages.get(id)
  if (!message) throw new Error(`no message ${id}`)
  return message
}

function addMessage(world: World, mailbox: Mailbox, email: string, message: NewMessage): MessageRecord {
  const id = message.id ?? (world.state.revision + 0x18c0000000).toString(16).padStart(16, '0')
  if (mailbox.messages.has(id)) throw new Error(`message ${id} is already there`)
  const received = receivedMessage(message, { id, email, now: world.clock.now() })
  return putMessage(world.state, mailbox, received, { kind: 'messageAdded', labelIds: [] })
}

/** Additions first, then removals: one history record each, as Google tells them. */
function labelMessage(
  world: World,
  mailbox: Mailbox,
  id: string,
  { add = [], remove = [] }: { add?: readonly string[]; remove?: readonly string[] },
): MessageRecord {
  let message = messageOf(mailbox, id)
  const unknown = [...add, ...remove].find((label) => !mailbox.labels.has(label))
  if (unknown !== undefined) throw new Error(`no label ${unknown}`)
  const added = add.filter((label) => !message.labelIds.includes(label))
  if (added.length > 0) {
    const labelIds = [...message.labelIds, ...added]
    message = putMessage(
      world.state,
      mailbox,
      { ...message, labelIds },
      { kind: 'labelAdded', labelIds: added },
    )
  }
  const removed = remove.filter((label) => message.labelIds.includes(label))
  if (removed.length > 0) {
    const labelIds = message.labelIds.filter((label) => !removed.includes(label))
    message = putMessage(
      world.state,
      mailbox,
      { ...message, labelIds },
      { kind: 'labelRemoved', labelIds: removed },
    )
  }
  return message
}
