import type { EventStore } from '@evergrant/event-store'
import { askAfterPush, type PushAsking } from './note-push.ts'
import type { PushChannels } from './ports.ts'

/** What Gmail publishes: whose mailbox changed, and how far its history is. */
export interface MailPushMessage {
  readonly emailAddress: string
  readonly historyId: string
}

export type MailPushOutcome = 'requested' | 'joined' | 'duplicate' | 'unknown'

export type NoteMailPush = (message: MailPushMessage) => Promise<MailPushOutcome>

export interface NoteMailPushParts extends PushAsking {
  readonly store: EventStore
  readonly channels: Pick<PushChannels, 'noteMailbox'>
}

/** Gmail says that a mailbox changed. It only begins a sync, of everybody who connected that mailbox: what changed is asked
 * of Gmail, from where the copy stands. Committed before Google is answered, because only then is the message done with. */
export function createNoteMailPush(parts: NoteMailPushParts): NoteMailPush {
  const { store, channels } = parts
  return (message) =>
    store.transaction(async (unit) => {
      const heard = await channels.noteMailbox(unit, message)
      if (heard.length === 0) return 'unknown'
      const news = heard.filter(({ isNews }) => isNews)
      if (news.length === 0) return 'duplicate'
      const toAsk = news.filter(({ waits }) => !waits)
      for (const { connectionId } of toAsk) {
        await askAfterPush(unit, { connectionId, asked: connectionId }, parts)
      }
      return toAsk.length === 0 ? 'joined' : 'requested'
    })
}
