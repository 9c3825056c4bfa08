import { connectionIdOf, type Service, scopesForService } from '@evergrant/event-contracts'
import type { AuthorizationState } from './authorization.ts'

/** An authorization as its user sees it. */
export interface AuthorizationView {
  readonly id: string
  readonly status: 'pending' | 'granted' | 'denied' | 'failed' | 'expired'
  readonly services: readonly Service[]
  readonly missingScopes: readonly string[]
  readonly reason?: string
  /** Connection ids, once granted: one for every service that got at least one of its scopes. */
  readonly connections?: readonly string[]
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
    case 'granted': {
      const { grantId, grantedScopes, missingScopes } = state.grant
      const connected = state.services.filter(
        (service) => scopesForService(service, grantedScopes).length > 0,
      )
      return {
        ...base,
        status: 'granted',
        missingScopes,
        connections: connected.map((service) => connectionIdOf(grantId, service)),
      }
    }
    case 'denied':
    case 'failed':
      return { ...base, status: state.status, reason: state.reason }
    case 'expired':
      return { ...base, status: 'expired' }
  }
}
