import type { FactMetadata } from '@evergrant/event-store'
import { oauthErrors } from '../domain/errors.ts'
import { followUp } from '../domain/follow-up.ts'
import { loadAuthorization } from './load-authorization.ts'
import {
  type OpenedAuthorization,
  type RequestAuthorizationDeps,
  requestAuthorization,
} from './request-authorization.ts'

export interface AnotherLink {
  readonly authorizationId: string
  readonly ticket: string
  /** Only this service of those that lack something. */
  readonly service: string | null
  /** The secrets this browser was given by the links it opened. */
  readonly browserSecrets: readonly string[]
}

/** One click for what an authorization left open: a further one for the same user. The ticket alone is not enough: in
 * another browser it would let a stranger connect an account of their own to this user (RFC 9700 4.7).
 * @throws DomainError `authorization_not_found`, `authorization_link_foreign`, `nothing_to_add`. */
export async function requestAnother(
  deps: RequestAuthorizationDeps,
  { authorizationId, ticket, service, browserSecrets }: AnotherLink,
  metadata: FactMetadata,
): Promise<OpenedAuthorization> {
  const { oneTimeSecrets, secrets, store } = deps
  const { fingerprint } = oneTimeSecrets
  // Fingerprints are compared, so that the time it takes tells nothing about the ticket.
  if (fingerprint(ticket) !== fingerprint(oneTimeSecrets.ticketOf(authorizationId, 'another'))) {
    throw oauthErrors.authorization_not_found()
  }
  const browser = await secrets.findBrowser(authorizationId)
  if (browser === undefined || !browserSecrets.map(fingerprint).includes(browser)) {
    throw oauthErrors.authorization_link_foreign()
  }
  const { state } = await loadAuthorization(store, authorizationId)
  const open = followUp(state)
  const services = open?.services.filter((each) => service === null || each === service) ?? []
  if (!open || services.length === 0) throw oauthErrors.nothing_to_add()
  const { access, returnTo, userId } = state
  const wish = { userId, services, access, returnTo, loginHint: open.loginHint, connectionId: null }
  return requestAuthorization(deps, wish, { ...metadata, actor: { kind: 'user', id: userId } })
}
