import { eventId, type PublicEvent } from '@evergrant/event-contracts'
import type { FactMetadata } from '@evergrant/event-store'

/** Facts that a public event led to name it as their cause. */
export function metadataOfEvent({ attributes }: PublicEvent): FactMetadata {
  const causationId = `${attributes.source}/${eventId(attributes)}`
  return {
    actor: { kind: 'service', id: attributes.source },
    correlationId: attributes.correlationId ?? causationId,
    causationId,
    ...(attributes.traceparent === undefined ? {} : { traceparent: attributes.traceparent }),
  }
}
