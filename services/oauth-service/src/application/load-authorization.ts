import { fold } from '@evergrant/decider'
import type { EventStore, FactMetadata } from '@evergrant/event-store'
import { type AuthorizationState, authorization, authorizationStream } from '../domain/authorization.ts'
import type { AuthorizationFact } from '../domain/authorization-facts.ts'
import { oauthErrors } from '../domain/errors.ts'

export interface LoadedAuthorization {
  readonly state: Exclude<AuthorizationState, { status: 'none' }>
  /** The correlation id of the request that opened it: one value for everything it led to. */
  readonly correlationId: string
}

/** @throws DomainError `authorization_not_found`. */
export async function loadAuthorization(
  store: EventStore,
  authorizationId: string,
): Promise<LoadedAuthorization> {
  const { facts } = await store.readStream<AuthorizationFact>(authorizationStream(authorizationId))
  const state = fold(authorization, facts)
  const [first] = facts
  if (state.status === 'none' || !first) throw oauthErrors.authorization_not_found()
  return { state, correlationId: first.metadata.correlationId }
}

/** Metadata of a browser's step: what the request says, under the authorization's own correlation id. */
export function metadataOfStep(
  authorization: LoadedAuthorization,
  request: FactMetadata,
  actor: FactMetadata['actor'],
): FactMetadata {
  return { ...request, actor, correlationId: authorization.correlationId }
}
