/** A notification channel of Calendar or Drive. */
export interface Channel {
  readonly id: string
  /** The same for everybody who watches the same thing as the same account. */
  readonly resourceId: string
  readonly resourceUri: string
  /** What is watched, as `touch` calls it. */
  readonly resource: string
  readonly sub: string
  readonly address: string
  /** The client's own secret, sent back with every message. */
  readonly token: string | null
  /** Milliseconds since the epoch, by the emulator's clock. */
  readonly expiration: number
  /** Of the last message; the first one, `sync`, has 1. */
  readonly messageNumber: number
  /** What Google calls a change of this kind of resource. */
  readonly change: 'exists' | 'change'
}

/** One account's Gmail watch: there is only ever one. */
export interface MailboxWatch {
  readonly topicName: string
  readonly expiration: number
  readonly notifiedAt: number | null
}

/** Where messages of a Pub/Sub topic are pushed to. */
export interface Subscription {
  readonly url: string
  /** With one, messages carry a signed ID token for it, as Pub/Sub can be told to. */
  readonly audience: string | null
}
