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
 */
export type AuthorizationState =
  | { readonly status: 'none' }
  | (AuthorizationRequest & { readonly status: 'requested' | 'bound'; readonly expiresAt: string })
  | (AuthorizationRequest & { readonly status: 'exchanging'; readonly outcomeDueAt: string })
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
      if (state.status === 'granted' && state.grant.grantId === command.grant.grantId) return []
      mustBeExchanging(state)
      return [{ type: 'AuthorizationGranted', data: { ...command.grant, grantedAt: iso(command.now) } }]
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
  if (fact.type === 'AuthorizationRequested') return { ...fact.data, status: 'requested' }
  if (state.status === 'none') return state
  const request = requestOf(state)
  switch (fact.type) {
    case 'BrowserBound':
      return { ...request, status: 'bound', expiresAt: fact.data.expiresAt }
    case 'CallbackReceived':
      return { ...request, status: 'exchanging', outcomeDueAt: fact.data.outcomeDueAt }
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
  const { authorizationId, userId, services, access, scopes, returnTo, loginHint, requestedAt } = state
  return { authorizationId, userId, services, access, scopes, returnTo, loginHint, requestedAt }
}

function mustBeExchanging(state: AuthorizationState): void {
  if (state.status !== 'exchanging') throw oauthErrors.authorization_already_ended()
}

function isOver(time: string, now: Date): boolean {
  return now.getTime() >= Date.parse(time)
}

function iso(now: Date, plusMs = 0): string {
  return new Date(now.getTime() + plusMs).toISOString()
}
