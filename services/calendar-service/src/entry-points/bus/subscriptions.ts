import type { Clock, Ids } from '@evergrant/decider'
import { contracts } from '@evergrant/event-contracts'
import type { ExchangeOptions } from '@evergrant/service-runtime'
import type { LinkConnection } from '../../application/link-connection.ts'
import type { RequestSync } from '../../application/request-sync.ts'
import { onConnectionChanged } from './on-connection-changed.ts'
import { onSyncRequested } from './on-sync-requested.ts'
import { onTokenIssued } from './on-token-issued.ts'

interface Deps {
  readonly linkConnection: LinkConnection
  readonly requestSync: RequestSync
  readonly source: string
  readonly ids: Ids
  readonly clock: Clock
}

/** What this service hears from the bus. */
export function subscriptions({ linkConnection, ...requesting }: Deps): ExchangeOptions['consumes'] {
  return [
    { stream: 'OAUTH', handlers: { [contracts.tokenIssued.subject]: onTokenIssued(linkConnection) } },
    {
      stream: 'TOKEN',
      handlers: { [contracts.connectionChanged.subject]: onConnectionChanged(linkConnection) },
    },
    { stream: 'CALENDAR', handlers: { [contracts.syncRequested.subject]: onSyncRequested(requesting) } },
  ]
}
