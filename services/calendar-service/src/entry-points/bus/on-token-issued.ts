import { connectionIdOf, type contracts, type DataOf } from '@evergrant/event-contracts'
import type { EventHandler } from '@evergrant/event-store'
import type { LinkConnection } from '../../application/link-connection.ts'
import { metadataOfEvent } from './event-metadata.ts'

/** A user consented: each connection is expected, and synced as soon as token-service can lend a token for it. */
export function onTokenIssued(linkConnection: LinkConnection): EventHandler {
  return async (event, unit) => {
    const { userId, grantId, account, services, issuedAt } = event.data as DataOf<
      typeof contracts.tokenIssued
    >
    for (const service of services) {
      const identity = { connectionId: connectionIdOf(grantId, service), userId, grantId, service, account }
      await linkConnection(unit, { type: 'ExpectConnection', identity, issuedAt }, metadataOfEvent(event))
    }
  }
}
