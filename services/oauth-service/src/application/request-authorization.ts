import type { Clock, Ids } from '@evergrant/decider'
import type { Access, Service } from '@evergrant/event-contracts'
import { type EventStore, type FactMetadata, handleCommand } from '@evergrant/event-store'
import { authorization, authorizationStream } from '../domain/authorization.ts'
import type { AuthorizationRequest } from '../domain/authorization-facts.ts'
import { oauthErrors } from '../domain/errors.ts'
import { grantOfAccount, grantOfConnection } from '../domain/grants-of-user.ts'
import { checkReturnTo } from '../domain/return-address.ts'
import { beginUrl } from './links.ts'
import type { AuthorizationSecrets, KnownGrants, OneTimeSecrets, RequestKeys } from './ports.ts'

export interface RequestAuthorizationDeps {
  readonly store: EventStore
  readonly secrets: AuthorizationSecrets
  readonly oneTimeSecrets: OneTimeSecrets
  readonly requestKeys: RequestKeys
  readonly knownGrants: KnownGrants
  readonly clock: Clock
  readonly ids: Ids
  /** Without a trailing slash. */
  readonly publicUrl: string
  readonly returnToOrigins: readonly string[]
}

export interface AuthorizationWish {
  readonly userId: string
  readonly services: readonly Service[]
  readonly access: Access
  readonly returnTo: string | null
  readonly loginHint: string | null
  /** The connection to repair or extend. */
  readonly connectionId: string | null
}

export interface OpenedAuthorization {
  readonly id: string
  /** Ours, one-time; binds the browser before it goes to Google. */
  readonly authorizationUrl: string
  readonly expiresAt: string
}

/** Opens an authorization and its one-time link. The same Idempotency-Key again answers as the first did; the link is
 * derived, not stored, so that no answer with a ticket in it has to be kept.
 * @throws DomainError `return_to_not_registered`, `connection_not_found`, `idempotency_key_reused`. */
export async function requestAuthorization(
  deps: RequestAuthorizationDeps,
  wish: AuthorizationWish,
  metadata: FactMetadata,
  idempotencyKey?: string,
): Promise<OpenedAuthorization> {
  const returnTo = wish.returnTo === null ? null : checkReturnTo(wish.returnTo, deps.returnToOrigins)
  const services = [...new Set(wish.services)]
  const request = { ...wish, services, returnTo }
  if (idempotencyKey === undefined) return open(deps, request, metadata)

  const fingerprint = deps.oneTimeSecrets.fingerprint(JSON.stringify(request))
  const key = { key: idempotencyKey, fingerprint }
  return (
    (await openedBefore(deps, request.userId, key)) ??
    // Two at once: the second finds the key taken, writes nothing, and answers what the first opened.
    (await open(deps, request, metadata, key).catch(async (error: unknown) => {
      if (error !== keyTaken) throw error
      return (await openedBefore(deps, request.userId, key)) ?? Promise.reject(keyTaken)
    }))
  )
}

interface RequestKey {
  readonly key: string
  readonly fingerprint: string
}

const keyTaken = new Error('the Idempotency-Key was taken meanwhile')

async function openedBefore(
  deps: RequestAuthorizationDeps,
  userId: string,
  { key, fingerprint }: RequestKey,
): Promise<OpenedAuthorization | undefined> {
  const before = await deps.requestKeys.find(userId, key)
  if (!before) return undefined
  if (before.fingerprint !== fingerprint) throw oauthErrors.idempotency_key_reused()
  const { facts } = await deps.store.readStream(authorizationStream(before.authorizationId))
  const first = facts[0]?.data as { readonly expiresAt: string } | undefined
  return first && answer(deps, before.authorizationId, first.expiresAt)
}

async function open(
  deps: RequestAuthorizationDeps,
  wish: AuthorizationWish,
  metadata: FactMetadata,
  key?: RequestKey,
): Promise<OpenedAuthorization> {
  const { oneTimeSecrets, requestKeys, secrets } = deps
  const request = await aimed(deps, wish)
  const authorizationId = deps.ids.next()
  const now = deps.clock.now()
  const { state } = await handleCommand(deps.store, {
    decider: authorization,
    streamType: 'authorization',
    streamId: authorizationStream(authorizationId),
    command: { type: 'RequestAuthorization', now, request: { ...request, authorizationId } },
    metadata,
    alongside: async (unit, _facts, after) => {
      if (after.status !== 'requested') return
      const claim = { ...key, userId: wish.userId, authorizationId, now }
      if (isComplete(claim) && !(await requestKeys.claim(unit, claim))) throw keyTaken
      const fingerprint = oneTimeSecrets.fingerprint(oneTimeSecrets.ticketOf(authorizationId))
      const expiresAt = new Date(after.expiresAt)
      await secrets.keepTicket(unit, { authorizationId, fingerprint, expiresAt })
    },
  })
  if (state.status !== 'requested') throw oauthErrors.authorization_already_ended()
  return answer(deps, authorizationId, state.expiresAt)
}

/** Which known grant the wish is about: the one of the connection, or of the account that the hint names. */
async function aimed(
  { knownGrants }: RequestAuthorizationDeps,
  { connectionId, ...wish }: AuthorizationWish,
): Promise<Omit<AuthorizationRequest, 'authorizationId' | 'requestedAt' | 'scopes'>> {
  if (connectionId === null && wish.loginHint === null) return wish
  const grants = await knownGrants.ofUser(wish.userId)
  const grant =
    connectionId === null
      ? grantOfAccount(grants, wish.loginHint ?? '')
      : grantOfConnection(grants, connectionId)
  if (connectionId !== null && !grant) throw oauthErrors.connection_not_found()
  if (!grant) return wish
  const { grantId, email } = grant
  return { ...wish, loginHint: wish.loginHint ?? email, reconnects: { grantId, email } }
}

type Claim = Parameters<RequestKeys['claim']>[1]

function isComplete(claim: Omit<Claim, 'key' | 'fingerprint'> & Partial<RequestKey>): claim is Claim {
  return claim.key !== undefined && claim.fingerprint !== undefined
}

function answer(
  { oneTimeSecrets, publicUrl }: RequestAuthorizationDeps,
  id: string,
  expiresAt: string,
): OpenedAuthorization {
  const ticket = oneTimeSecrets.ticketOf(id)
  return { id, authorizationUrl: beginUrl(publicUrl, id, ticket), expiresAt }
}
