import type { Ids } from '@evergrant/decider'
import type { Database, EventStore } from '@evergrant/event-store'
import { createAuthenticator, type HttpApp, type Metrics } from '@evergrant/service-runtime'
import { createPushChannels } from './adapters/postgres/push-channels.ts'
import { channelSecrets } from './adapters/secrets/channel-secrets.ts'
import { createKeepChannels, type KeepChannelsParts } from './application/keep-channels.ts'
import { createNoteMailPush } from './application/note-mail-push.ts'
import { createNotePush } from './application/note-push.ts'
import type { RequestSync } from './application/request-sync.ts'
import type { GmailPush } from './config.ts'
import { mailNotificationRoutes } from './entry-points/http/mail-notification-routes.ts'
import { notificationRoutes } from './entry-points/http/notification-routes.ts'

const dayMs = 86_400_000

/** Everything by which Google tells us of news; a part of service.ts. */
export function openPush(
  parts: Pick<KeepChannelsParts, 'google' | 'onBehalfOf' | 'onError'> & {
    readonly database: Database
    readonly store: EventStore
    readonly requestSync: RequestSync
    readonly ids: Ids
    readonly metrics: Metrics
    readonly gmailPush: GmailPush | null
    readonly renewBeforeMs?: number
  },
) {
  const { database, store, requestSync, ids, metrics, gmailPush, renewBeforeMs = dayMs } = parts
  const channels = createPushChannels(database)
  const asking = { store, channels, requestSync, ids }
  return {
    keepChannels: createKeepChannels({
      ...parts,
      channels,
      channelSecrets,
      // Gmail wants to be asked again every day; a channel of the others is replaced in its last one.
      renewBeforeMs: (kind) => (kind === 'mailbox' ? 6 * dayMs : renewBeforeMs),
    }),
    routes(app: HttpApp): void {
      notificationRoutes(app, { notePush: createNotePush({ ...asking, channelSecrets }), metrics })
      if (gmailPush === null) return
      mailNotificationRoutes(app, {
        authenticator: createAuthenticator(gmailPush),
        serviceAccount: gmailPush.serviceAccount,
        noteMailPush: createNoteMailPush(asking),
        metrics,
      })
    },
  }
}
