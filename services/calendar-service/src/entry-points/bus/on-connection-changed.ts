import type { contracts, DataOf } from '@evergrant/event-contracts'
import type { EventHandler } from '@evergrant/event-store'
import type { LinkConnection } from '../../application/link-connection.ts'
import { metadataOfEvent } from './event-metadata.ts'

/** token-service says how a connection stands. */
export function onConnectionChanged(linkConnection: LinkConnection): EventHandler {
  return async (event, unit) => {
    const { userId, connection, changedAt } = event.data as DataOf<typeof contracts.connectionChanged>
    if (connection.service !== 'calendar') return
    const { id: connectionId, grantId, account, status, reason, scopes } = connection
    const identity = { connectionId, userId, grantId, account }
    await linkConnection(
      unit,
      { type: 'NoteConnection', identity, status, reason, scopes, changedAt },
      metadataOfEvent(event),
    )
  }
}
