import type { Decider } from '@evergrant/decider'
import { identityScopes, requiredScopes } from '@evergrant/event-contracts'
import type { AuthorizationCommand } from './authorization-commands.ts'
import type { AuthorizationFact, AuthorizationRequest, GrantReceived } from './authorization-facts.ts'
import { oauthErrors } from './errors.ts'

/*
 * One attempt to get consent. `requested` until its one-time link is opened; `bound` to that browser while the user is
 * at Google; `exchanging` from the moment Google's answer is taken until its outcome is recorded; then granted, denied,
 * failed or expired, for good. A process that dies while exchanging leaves a spent code behind that nobody
 * can spend again, so the sweep ends such an authorization as failed (`interrupted`) and the user tries once more.
 * A consent that gave no refresh token leads back to `requested`, once: then Google is told to ask again.
 */
export type AuthorizationState =
  | { readonly status: 'none' }
  | (AuthorizationRequest & {
      readonly status: 'requested' | 'bound'
      readonly expiresAt: string
      /** Google is told to ask, whatever it remembers. */
      readonly consentForced: boolean
    })
  | (AuthorizationRequest & {
      readonly status: 'exchanging'
      readonly outcomeDueAt: string
      readonly consentForced: boolean
    })
  | (AuthorizationRequest & { readonly status: 'granted'; readonly grant: GrantReceived })
  | (AuthorizationRequest & { readonly status: 'denied' | 'failed'; readonly reason: string })
  | (AuthorizationRequest & { readonly status: 'expired' })

/** RFC 6749 4.1.2 recommends ten minutes at most for a code; the link and the state live as long. */
const lifetimeMs = 10 * 60_000

/** Far longer than every HTTP deadline of an exchange together, so a slow exchange is never mistaken for a dead one. */
const exchangeLimitMs = 2 * 60_000

export const authorization: Decider<AuthorizationState, AuthorizationCommand, AuthorizationFact> = {
  initialState: { status: 'none' },
  decide,
  evolve,
}

/** The scopes that a service needs, without those that only name the account. */
export function serviceScopes(scopes: readonly string[]): readonly string[] {
  return scopes.filter((scope) => !identityScopes.includes(scope))
}

/** The stream of one authorization. */
export function authorizationStream(authorizationId: string): string {
  return `authorization-${authorizationId}`
}

function decide(command: AuthorizationCommand, state: AuthorizationState): readonly AuthorizationFact[] {
  switch (command.type) {
    case 'RequestAuthorization':
      return state.status === 'none' ? [requested(command)] : []
    case 'BindBrowser':
      return bindBrowser(command, state)
    case 'ReceiveCallback':
      return receiveCallback(command, state)
    case 'GrantAuthorization':
      return grant(command, state)
    case 'DenyAuthorization':
      if (state.status === 'denied') return []
      mustBeExchanging(state)
      return [{ type: 'AuthorizationDenied', data: { reason: command.reason, deniedAt: iso(command.now) } }]
    case 'FailAuthorization':
      if (state.status === 'failed') return []
      mustBeExchanging(state)
      return [{ type: 'AuthorizationFailed', data: { reason: command.reason, failedAt: iso(command.now) } }]
    case 'SweepAuthorization':
      return sweep(command.now, state)
  }
}

function requested({
  request,
  now,
}: Extract<AuthorizationCommand, { type: 'RequestAuthorization' }>): AuthorizationFact {
  const scopes = request.services.flatMap((service) => requiredScopes(service, request.access))
  return {
    type: 'AuthorizationRequested',
    data: {
      ...request,
      scopes: [...identityScopes, ...scopes],
      requestedAt: iso(now),
      expiresAt: iso(now, lifetimeMs),
    },
  }
}

function bindBrowser(
  { now, consentForced }: Extract<AuthorizationCommand, { type: 'BindBrowser' }>,
  state: AuthorizationState,
): readonly AuthorizationFact[] {
  if (state.status === 'none') throw oauthErrors.authorization_not_found()
  if (state.status === 'expired') throw oauthErrors.authorization_expired()
  if (state.status !== 'requested') throw oauthErrors.authorization_link_used()
  if (isOver(state.expiresAt, now)) throw oauthErrors.authorization_expired()
  const data = { boundAt: iso(now), expiresAt: iso(now, lifetimeMs), consentForced }
  return [{ type: 'BrowserBound', data }]
}

function receiveCallback(
  { now }: Extract<AuthorizationCommand, { type: 'ReceiveCallback' }>,
  state: AuthorizationState,
): readonly AuthorizationFact[] {
  if (state.status === 'none' || state.status === 'requested') throw oauthErrors.callback_unknown()
  if (state.status === 'expired') throw oauthErrors.authorization_expired()
  if (state.status !== 'bound') throw oauthErrors.callback_already_used()
  if (isOver(state.expiresAt, now)) throw oauthErrors.authorization_expired()
  const data = { receivedAt: iso(now), outcomeDueAt: iso(now, exchangeLimitMs) }
  return [{ type: 'CallbackReceived', data }]
}

/** Google gives a refresh token with a fresh consent only. Asking again once gets one; asking for ever would trap the user. */
function grant(
  { now, grant, refreshTokenKnown }: Extract<AuthorizationCommand, { type: 'GrantAuthorization' }>,
  state: AuthorizationState,
): readonly AuthorizationFact[] {
  if (state.status === 'granted' && state.grant.grantId === grant.grantId) return []
  const { consentForced, loginHint } = mustBeExchanging(state)
  const useful = serviceScopes(grant.grantedScopes).length > 0
  const lacking = useful && !grant.refreshTokenIncluded && !refreshTokenKnown
  if (lacking && !consentForced) {
    const data = {
      reason: 'refresh_token_missing',
      loginHint: grant.account.email || loginHint,
      repeatedAt: iso(now),
      expiresAt: iso(now, lifetimeMs),
    } as const
    return [{ type: 'ConsentRepeated', data }]
  }
  const missing = lacking ? ({ refreshTokenMissing: true } as const) : {}
  return [{ type: 'AuthorizationGranted', data: { ...grant, ...missing, grantedAt: iso(now) } }]
}

function sweep(now: Date, state: AuthorizationState): readonly AuthorizationFact[] {
  if ((state.status === 'requested' || state.status === 'bound') && isOver(state.expiresAt, now)) {
    return [{ type: 'AuthorizationExpired', data: { expiredAt: iso(now) } }]
  }
  if (state.status === 'exchanging' && isOver(state.outcomeDueAt, now)) {
    return [{ type: 'AuthorizationFailed', data: { reason: 'interrupted', failedAt: iso(now) } }]
  }
  return []
}

function evolve(state: AuthorizationState, fact: AuthorizationFact): AuthorizationState {
  if (fact.type === 'AuthorizationRequested')
    return { ...fact.data, status: 'requested', consentForced: false }
  if (state.status === 'none') return state
  const request = requestOf(state)
  switch (fact.type) {
    case 'BrowserBound': {
      const { expiresAt, consentForced } = fact.data
      return { ...request, status: 'bound', expiresAt, consentForced }
    }
    case 'CallbackReceived': {
      const consentForced = 'consentForced' in state && state.consentForced
      return { ...request, status: 'exchanging', outcomeDueAt: fact.data.outcomeDueAt, consentForced }
    }
    case 'ConsentRepeated': {
      const { expiresAt, loginHint } = fact.data
      return { ...request, loginHint, status: 'requested', expiresAt, consentForced: true }
    }
    case 'AuthorizationGranted': {
      const { grantedAt: _, ...grant } = fact.data
      return { ...request, status: 'granted', grant }
    }
    case 'AuthorizationDenied':
      return { ...request, status: 'denied', reason: fact.data.reason }
    case 'AuthorizationFailed':
      return { ...request, status: 'failed', reason: fact.data.reason }
    case 'AuthorizationExpired':
      return { ...request, status: 'expired' }
    default:
      return state
  }
}

function requestOf(state: AuthorizationRequest): AuthorizationRequest {
  const { authorizationId, userId, services, access, scopes, returnTo, loginHint, requestedAt, reconnects } =
    state
  const request = { authorizationId, userId, services, access, scopes, returnTo, loginHint, requestedAt }
  return reconnects === undefined ? request : { ...request, reconnects }
}

function mustBeExchanging(state: AuthorizationState): Extract<AuthorizationState, { status: 'exchanging' }> {
  if (state.status !== 'exchanging') throw oauthErrors.authorization_already_ended()
  return state
}

function isOver(time: string, now: Date): boolean {
  return now.getTime() >= Date.parse(time)
}

function iso(now: Date, plusMs = 0): string {
  return new Date(now.getTime() + plusMs).toISOString()
}
