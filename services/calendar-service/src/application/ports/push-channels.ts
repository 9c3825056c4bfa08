import type { UnitOfWork } from '@evergrant/event-store'
import type { ResourceKind } from '../../domain/resource-facts.ts'
import type { OnBehalf } from './asking-google.ts'

/** Secrets of push channels; only their hashes are kept. */
export interface ChannelSecrets {
  next(): { readonly secret: string; readonly secretHash: string }
  /** Takes as long wherever they differ. */
  matches(secret: string, secretHash: string): boolean
}

/** What is watched, and where a channel for it would be opened. */
export interface Watched {
  readonly resourceId: string
  readonly connectionId: string
  readonly kind: ResourceKind
  readonly googleId: string
}

/** A push channel of ours. Its secret is kept as a hash: it is only ever compared. */
export interface PushChannel {
  readonly channelId: string
  readonly resourceId: string
  readonly connectionId: string
  readonly kind: Watched['kind']
  readonly secretHash: string
  readonly googleResourceId: string | null
  readonly state: 'opening' | 'open' | 'closed' | 'refused' | 'failed'
  readonly lastMessage: number
  /** A newer one for the same is open. */
  readonly superseded: boolean
}

export interface PushChannels {
  /** Records a channel to be opened, for some of what has none that lives long enough; other replicas leave those alone. */
  begin(
    unit: UnitOfWork,
    query: {
      readonly kind: Watched['kind']
      readonly renewBeforeMs: number
      readonly limit: number
      readonly newChannel: () => { readonly channelId: string; readonly secretHash: string }
    },
  ): Promise<readonly (Watched & { readonly channelId: string })[]>
  opened(
    channelId: string,
    at: { readonly googleResourceId: string; readonly expiresAt: Date | null },
  ): Promise<void>
  /** `refused` is for a day, `failed` for a few minutes. */
  notOpened(channelId: string, state: 'refused' | 'failed'): Promise<void>
  /** Channels nobody needs any more: a newer one is open, or what they watch, or its connection, is gone. */
  unneeded(limit: number): Promise<readonly PushChannel[]>
  closed(channelId: string): Promise<void>
  /** Removes what ended long ago. */
  forgetOld(): Promise<void>
  /** Locks the row until the transaction ends. */
  lock(unit: UnitOfWork, channelId: string): Promise<PushChannel | null>
  /** Returns whether a run for `asked` already waits, which will see whatever the message is about. */
  noteMessage(
    unit: UnitOfWork,
    message: { readonly channelId: string; readonly messageNumber: number; readonly asked: string },
  ): Promise<boolean>
  /** Whose mailbox this is, and who of them has not heard of this history id yet; `waits` as in `noteMessage`. */
  noteMailbox(
    unit: UnitOfWork,
    message: { readonly emailAddress: string; readonly historyId: string },
  ): Promise<readonly { readonly connectionId: string; readonly isNews: boolean; readonly waits: boolean }[]>
}

/** Push notifications of one of Google's APIs.
 * @throws SyncObstacle; `rejected_by_google` for what cannot be watched. */
export interface GoogleChannels {
  watch(
    call: OnBehalf & {
      readonly what: Watched
      readonly channelId: string
      readonly secret: string
    },
  ): Promise<{ readonly googleResourceId: string; readonly expiresAt: Date | null }>
  /** A channel that is gone already is stopped. */
  stop(call: OnBehalf & { readonly channelId: string; readonly googleResourceId: string }): Promise<void>
}
