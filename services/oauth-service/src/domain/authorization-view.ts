import {
  type Account,
  connectionIdOf,
  missingScopes,
  requiredScopes,
  type Service,
} from '@evergrant/event-contracts'
import type { AuthorizationState } from './authorization.ts'
import type { AuthorizationRequest, GrantReceived } from './authorization-facts.ts'

/** An authorization as its user sees it. */
export interface AuthorizationView {
  readonly id: string
  readonly status: 'pending' | 'granted' | 'denied' | 'failed' | 'expired'
  readonly services: readonly Service[]
  readonly missingScopes: readonly string[]
  /** Why it was denied or failed; for a granted one, what is not as it should be all the same. */
  readonly reason?: string
  /** Who consented, once granted. */
  readonly account?: Account
  /** Connection ids, once granted: one for every service that was asked for, also without its scopes. */
  readonly connections?: readonly string[]
  /** The services that lack something, once granted. */
  readonly incomplete?: readonly IncompleteService[]
}

export interface IncompleteService {
  readonly service: Service
  readonly connectionId: string
  readonly missingScopes: readonly string[]
}

/** Tells an authorization whose time is over as expired, also before the sweep has come by. */
export function authorizationView(
  state: Exclude<AuthorizationState, { status: 'none' }>,
  now: Date,
): AuthorizationView {
  const base = { id: state.authorizationId, services: state.services, missingScopes: [] }
  switch (state.status) {
    case 'requested':
    case 'bound': {
      const over = now.getTime() >= Date.parse(state.expiresAt)
      return { ...base, status: over ? 'expired' : 'pending' }
    }
    case 'exchanging':
      return { ...base, status: 'pending' }
    case 'granted':
      return { ...base, ...grantedView(state, state.grant) }
    case 'denied':
    case 'failed':
      return { ...base, status: state.status, reason: state.reason }
    case 'expired':
      return { ...base, status: 'expired' }
  }
}

function grantedView(request: AuthorizationRequest, grant: GrantReceived) {
  const { services, access } = request
  const { grantId, account, grantedScopes } = grant
  const connections = services.map((service) => {
    const missing = missingScopes(requiredScopes(service, access), grantedScopes)
    return { service, connectionId: connectionIdOf(grantId, service), missingScopes: missing }
  })
  const reason = reservation(request, grant)
  return {
    status: 'granted',
    missingScopes: grant.missingScopes,
    ...(reason === undefined ? {} : { reason }),
    account,
    connections: connections.map(({ connectionId }) => connectionId),
    incomplete: connections.filter(({ missingScopes }) => missingScopes.length > 0),
  } as const
}

/** A different account comes first: the one that was meant is as broken as before. */
function reservation({ reconnects }: AuthorizationRequest, grant: GrantReceived): string | undefined {
  if (reconnects !== undefined && reconnects.grantId !== grant.grantId) return 'different_account'
  return grant.refreshTokenMissing ? 'refresh_token_missing' : undefined
}
