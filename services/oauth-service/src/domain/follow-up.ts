import { missingScopes, requiredScopes, type Service } from '@evergrant/event-contracts'
import type { AuthorizationState } from './authorization.ts'

/** What one more consent would have to ask for. */
export interface FollowUp {
  readonly kind: 'grant_scopes' | 'reconnect' | 'try_again'
  readonly services: readonly Service[]
  readonly loginHint: string | null
}

/** What is left to do after an authorization has ended; undefined when nothing is, or when it has not ended. */
export function followUp(state: AuthorizationState): FollowUp | undefined {
  switch (state.status) {
    case 'denied':
    case 'failed':
    case 'expired':
      return { kind: 'try_again', services: state.services, loginHint: state.loginHint }
    case 'granted':
      return afterConsent(state)
    default:
      return undefined
  }
}

function afterConsent(state: Extract<AuthorizationState, { status: 'granted' }>): FollowUp | undefined {
  const { services, access, grant, reconnects } = state
  if (reconnects !== undefined && reconnects.grantId !== grant.grantId) {
    return { kind: 'reconnect', services, loginHint: reconnects.email }
  }
  const loginHint = grant.account.email || null
  const incomplete = services.filter(
    (service) => missingScopes(requiredScopes(service, access), grant.grantedScopes).length > 0,
  )
  if (incomplete.length > 0) return { kind: 'grant_scopes', services: incomplete, loginHint }
  return grant.refreshTokenMissing ? { kind: 'reconnect', services, loginHint } : undefined
}
