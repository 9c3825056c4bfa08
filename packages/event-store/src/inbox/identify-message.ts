import { createHash } from 'node:crypto'
import {
  allContracts,
  attributesOf,
  contractErrors,
  type EventIdentity,
  type EventMessage,
} from '@evergrant/event-contracts'

/** A message with its place in its stream. */
export interface IdentifiedMessage extends EventIdentity {
  readonly message: EventMessage
}

/** Publishers of this house: their numbers are dense and they answer when asked to repair. */
export const repairingSources: readonly string[] = [
  ...new Set(allContracts.map(({ context }) => `${context}-service`)),
]

/** Where a message belongs. A third party may send any unique `ce-id`, as CloudEvents lets it: without a number it is
 * a stream of one event, so that it too is applied once, forever.
 * @throws DomainError `malformed_event` when it has no identity at all. */
export function identifyMessage(message: EventMessage): IdentifiedMessage {
  const id = message.headers['ce-id']
  const source = message.headers['ce-source']
  const foreign = source !== undefined && source !== '' && !repairingSources.includes(source)
  const unnumbered = id !== undefined && id !== '' && !/@[1-9][0-9]{0,15}$/.test(id)
  const numbered =
    foreign && unnumbered ? { ...message, headers: { ...message.headers, 'ce-id': `${id}@1` } } : message
  const { source: from, streamId, version } = attributesOf(numbered)
  // These become index keys: what PostgreSQL cannot index would fail the whole batch, over and over.
  if (![from, streamId].every(isPlainKey)) throw contractErrors.malformed_event()
  return { source: from, streamId, version, message: numbered }
}

function isPlainKey(text: string): boolean {
  return text.length <= 500 && text.isWellFormed() && !text.includes('\0')
}

/** Tells messages without an identity apart, so that a second delivery is not parked twice. */
export function digestOfMessage({ subject, headers, payload }: EventMessage): string {
  const sorted = Object.entries(headers).sort(([one], [other]) => (one < other ? -1 : 1))
  return createHash('sha256')
    .update(JSON.stringify([subject, sorted]))
    .update(payload)
    .digest('hex')
}
