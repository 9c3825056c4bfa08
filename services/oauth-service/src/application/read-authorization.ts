import type { Clock } from '@evergrant/decider'
import type { EventStore } from '@evergrant/event-store'
import { type AuthorizationView, authorizationView } from '../domain/authorization-view.ts'
import { oauthErrors } from '../domain/errors.ts'
import { loadAuthorization } from './load-authorization.ts'

/** What became of an authorization. A foreign one is as good as none.
 * @throws DomainError `authorization_not_found`. */
export async function readAuthorization(
  deps: { readonly store: EventStore; readonly clock: Clock },
  { authorizationId, userId }: { readonly authorizationId: string; readonly userId: string },
): Promise<AuthorizationView> {
  const { state } = await loadAuthorization(deps.store, authorizationId)
  if (state.userId !== userId) throw oauthErrors.authorization_not_found()
  return authorizationView(state, deps.clock.now())
}
