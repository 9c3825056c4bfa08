import { type Connection, requiredScopes, type Service } from '@evergrant/event-contracts'

export interface ConnectedUser {
  readonly user: string
  readonly service: Service
  readonly email: string
  readonly grantId: string
  readonly connectionId: string
  readonly account: { readonly id: string; readonly email: string }
  /** Our id of one of their Google calendars. */
  calendarId(googleId?: string): string
}

/** What token-service says about a connection in good order, with what is to be different. */
export function activeConnection(
  { connectionId, grantId, service, account }: ConnectedUser,
  changed: Partial<Connection> & Pick<Connection, 'connectedAt'>,
): Connection {
  return {
    ...{ id: connectionId, grantId, service, account, status: 'active', reason: null, action: null },
    ...{ scopes: [...requiredScopes(service, 'read')], missingScopes: [], access: 'read', capabilities: {} },
    ...{ expiresAt: null, lastRefreshedAt: null, lastUsedAt: null, generation: 1 },
    ...changed,
  }
}
