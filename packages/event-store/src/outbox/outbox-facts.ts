import type { EventIdentity } from '@evergrant/event-contracts'
import type { FactCatalogue } from '../log/event-store.ts'

/** The operator's decisions about parked messages, on the stream `outbox-<source>`. Payloads stay out of them. */
export type OutboxFact =
  | { readonly type: 'ParkedMessageRetried'; readonly data: ParkedPublication }
  | {
      readonly type: 'ParkedMessageDropped'
      readonly data: ParkedPublication & {
        readonly why: string
        /** SHA-256 of the payload that nobody got. */
        readonly payloadDigest: string
      }
    }

export interface ParkedPublication extends EventIdentity {
  readonly subject: string
}

export const outboxFacts: FactCatalogue = {
  ParkedMessageRetried: { schemaVersion: 1 },
  ParkedMessageDropped: { schemaVersion: 1 },
}
