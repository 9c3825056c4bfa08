import type { Ids } from '@evergrant/decider'
import type { EventStore, UnitOfWork } from '@evergrant/event-store'
import type { ChannelSecrets, PushChannel, PushChannels } from './ports.ts'
import type { RequestSync } from './request-sync.ts'

/** What Google's headers say; the body says nothing. */
export interface PushMessage {
  readonly channelId: string
  readonly secret: string
  readonly googleResourceId: string
  /** `sync` opens a channel, anything else means that something changed. */
  readonly state: string
  readonly messageNumber: number
}

export type PushOutcome = 'sync' | 'requested' | 'joined' | 'duplicate' | 'closed' | 'unknown' | 'forged'

export type NotePush = (message: PushMessage) => Promise<PushOutcome>

export interface PushAsking {
  readonly requestSync: RequestSync
  readonly ids: Ids
}

export interface NotePushParts extends PushAsking {
  readonly store: EventStore
  readonly channels: PushChannels
  readonly channelSecrets: ChannelSecrets
}

/** Google says that something changed. It is committed before Google is answered, because only a 5xx is told again.
 * Numbers have gaps, so a gap is no loss; a lower one than the last is about something that the last one covers. */
export function createNotePush(parts: NotePushParts): NotePush {
  const { store, channels, channelSecrets } = parts
  return (message) =>
    store.transaction(async (unit) => {
      const channel = await channels.lock(unit, message.channelId)
      if (channel === null) return 'unknown'
      const isGenuine =
        channelSecrets.matches(message.secret, channel.secretHash) && isAbout(channel, message)
      if (!isGenuine) return 'forged'
      // A stopped channel goes on for a while.
      if (channel.state !== 'open' && channel.state !== 'opening') return 'closed'
      if (message.messageNumber <= channel.lastMessage) return 'duplicate'
      const { channelId, messageNumber } = message
      const asked = resourceToAsk(channel)
      const waiting = await channels.noteMessage(unit, { channelId, messageNumber, asked })
      if (message.state === 'sync') return 'sync'
      if (waiting) return 'joined'
      await askAfterPush(unit, { connectionId: channel.connectionId, asked }, parts)
      return 'requested'
    })
}

/** `sync` may come before the answer to watch that names the resource. */
function isAbout({ googleResourceId }: PushChannel, message: PushMessage): boolean {
  return googleResourceId === null || googleResourceId === message.googleResourceId
}

/** Shared drives are reached through their member's own log, as on every sync of a drive connection. */
function resourceToAsk({ kind, connectionId, resourceId }: PushChannel): string {
  return kind === 'drive' ? connectionId : resourceId
}

/** Asks for what a notification was about. */
export async function askAfterPush(
  unit: UnitOfWork,
  { connectionId, asked }: { readonly connectionId: string; readonly asked: string },
  { requestSync, ids }: PushAsking,
): Promise<void> {
  const syncId = ids.next()
  const calendarId = asked === connectionId ? null : asked
  const mode = 'incremental'
  await requestSync(
    unit,
    { syncId, userId: null, connectionId, calendarId, mode, cause: 'push', announce: true },
    { actor: { kind: 'google' }, correlationId: syncId },
  )
}
