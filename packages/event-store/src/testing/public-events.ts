import {
  contracts,
  type EventIdentity,
  type EventMessage,
  encodeEvent,
  publication,
} from '@evergrant/event-contracts'

/** A public event as it comes from the bus. */
export function revokedMessage(
  identity: Partial<EventIdentity> & { readonly version: number },
): EventMessage {
  return encodeEvent(publication(contracts.grantRevoked, contracts.grantRevoked.example), {
    source: 'token-service',
    streamId: 'grant-1',
    time: '2026-11-23T10:00:00.000Z',
    ...identity,
  })
}
