import type { FactCatalogue } from '../log/event-store.ts'

/** The operator's decisions about parked events, on the stream `inbox-<consumer>`. Payloads stay out of them. */
export type InboxFact =
  | { readonly type: 'ParkedEventRetried'; readonly data: ParkedSubject & { readonly applied: boolean } }
  | { readonly type: 'ParkedEventSkipped'; readonly data: ParkedSubject & { readonly why: string } }
  | {
      readonly type: 'ParkedEventReplaced'
      readonly data: ParkedSubject & {
        readonly why: string
        readonly applied: boolean
        /** SHA-256 of the data that was applied instead. */
        readonly payloadDigest: string
      }
    }

export interface ParkedSubject {
  readonly source: string | null
  readonly streamId: string | null
  readonly version: number | null
  readonly subject: string
}

export const inboxFacts: FactCatalogue = {
  ParkedEventRetried: { schemaVersion: 1 },
  ParkedEventSkipped: { schemaVersion: 1 },
  ParkedEventReplaced: { schemaVersion: 1 },
}
