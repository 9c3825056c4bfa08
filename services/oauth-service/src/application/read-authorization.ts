import type { Clock } from '@evergrant/decider'
import type { Service } from '@evergrant/event-contracts'
import type { EventStore } from '@evergrant/event-store'
import type { AuthorizationState } from '../domain/authorization.ts'
import { type AuthorizationView, authorizationView } from '../domain/authorization-view.ts'
import { oauthErrors } from '../domain/errors.ts'
import { type FollowUp, followUp } from '../domain/follow-up.ts'
import { anotherUrl } from './links.ts'
import { loadAuthorization } from './load-authorization.ts'
import type { OneTimeSecrets } from './ports.ts'

export interface ReadAuthorizationDeps {
  readonly store: EventStore
  readonly clock: Clock
  readonly oneTimeSecrets: OneTimeSecrets
  readonly publicUrl: string
}

export interface AuthorizationAnswer {
  readonly view: AuthorizationView
  /** What one click would still do, and the link for it; it works in the browser that was at Google. */
  readonly next?: FollowUp & { urlFor(service?: Service): string }
}

/** What became of an authorization. A foreign one is as good as none.
 * @throws DomainError `authorization_not_found`. */
export async function readAuthorization(
  deps: ReadAuthorizationDeps,
  { authorizationId, userId }: { readonly authorizationId: string; readonly userId: string },
): Promise<AuthorizationAnswer> {
  const { state } = await loadAuthorization(deps.store, authorizationId)
  if (state.userId !== userId) throw oauthErrors.authorization_not_found()
  return answerOf(deps, state)
}

/** An authorization with what can be done next. */
export function answerOf(
  { clock, oneTimeSecrets, publicUrl }: Omit<ReadAuthorizationDeps, 'store'>,
  state: Exclude<AuthorizationState, { status: 'none' }>,
): AuthorizationAnswer {
  const view = authorizationView(state, clock.now())
  const open = followUp(state)
  if (!open) return { view }
  const ticket = oneTimeSecrets.ticketOf(view.id, 'another')
  const urlFor = (service?: Service) =>
    anotherUrl(publicUrl, view.id, service === undefined ? { ticket } : { ticket, service })
  return { view, next: { ...open, urlFor } }
}
