import type { contracts, DataOf } from '@evergrant/event-contracts'
import type { EventHandler } from '@evergrant/event-store'
import type { LinkConnection } from '../../application/link-connection.ts'
import { metadataOfEvent } from './event-metadata.ts'

/** token-service says how a connection stands. */
export function onConnectionChanged(linkConnection: LinkConnection): EventHandler {
  return async (event, unit) => {
    const { userId, connection, changedAt } = event.data as DataOf<typeof contracts.connectionChanged>
    const { id: connectionId, grantId, service, account, status, reason, scopes } = connection
    const identity = { connectionId, userId, grantId, service, account }
    await linkConnection(
      unit,
      { type: 'NoteConnection', identity, status, reason, scopes, changedAt },
      metadataOfEvent(event),
    )
  }
}
