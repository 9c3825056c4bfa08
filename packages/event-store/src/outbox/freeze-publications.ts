import { type EventMessage, encodeEvent } from '@evergrant/event-contracts'
import type { Append } from '../log/event-store.ts'

/** The messages of an append, frozen into the bytes that will travel, but for their number: `ce-id` is set by the
 * store, which alone knows the stream's next publication version.
 * @throws DomainError `invalid_event` when a publication breaks its contract. */
export function freezePublications(append: Append, source: string, at: Date): EventMessage[] {
  const { correlationId, causationId, traceparent } = append.metadata
  return (append.publications ?? []).map((publication) =>
    encodeEvent(publication, {
      source,
      streamId: append.streamId,
      version: 0,
      time: at.toISOString(),
      correlationId,
      ...(causationId === undefined ? {} : { causationId }),
      ...(traceparent === undefined ? {} : { traceparent }),
    }),
  )
}
