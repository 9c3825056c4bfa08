import { type Clock, DomainError } from '@evergrant/decider'
import { grantIdOf, missingScopes } from '@evergrant/event-contracts'
import { type EventStore, type FactMetadata, handleCommand, type UnitOfWork } from '@evergrant/event-store'
import {
  type AuthorizationState,
  authorization,
  authorizationStream,
  serviceScopes,
} from '../domain/authorization.ts'
import type { AuthorizationCommand } from '../domain/authorization-commands.ts'
import type { GrantReceived } from '../domain/authorization-facts.ts'
import { refreshTokenCovers } from '../domain/grants-of-user.ts'
import { knownGrant, knownGrantStream } from '../domain/known-grant.ts'
import { refusalOf } from '../domain/refusal.ts'
import { type LoadedAuthorization, metadataOfStep } from './load-authorization.ts'
import type { AuthorizationSecrets, ConsentOutcome, KnownGrants, OneTimeSecrets, TokenSeal } from './ports.ts'
import { publicationsOf } from './publications.ts'

export interface RecordOutcomeDeps {
  readonly store: EventStore
  readonly secrets: AuthorizationSecrets
  readonly oneTimeSecrets: OneTimeSecrets
  readonly knownGrants: KnownGrants
  readonly tokenSeal: TokenSeal
  readonly clock: Clock
  readonly pause: (ms: number) => Promise<unknown>
}

/** How long to wait before the outcome is written once more; the code is spent and cannot be asked for again. */
const retryDelaysMs = [100, 500, 2000]

export interface TakenAnswer {
  readonly loaded: LoadedAuthorization
  readonly request: FactMetadata
  /** Names this answer among those of the same authorization. */
  readonly answerId: string
  readonly exchange: () => Promise<ConsentOutcome>
}

/** Writes down how an exchange ended, whatever happened. The state is `requested` again when Google has to be asked once
 * more; the way there is the link with the ticket `begin_again`. */
export async function recordOutcome(
  deps: RecordOutcomeDeps,
  { loaded, request, answerId, exchange }: TakenAnswer,
): Promise<AuthorizationState> {
  const ending = await endingOf(deps, loaded, exchange)
  const { authorizationId, userId } = loaded.state
  const metadata = metadataOfStep(loaded, request, { kind: 'user', id: userId })
  const record = () =>
    handleCommand(deps.store, {
      decider: authorization,
      streamType: 'authorization',
      streamId: authorizationStream(authorizationId),
      command: ending.command,
      metadata,
      // The same id on every try: a commit whose answer was lost is found, not repeated.
      commandId: `${authorizationStream(authorizationId)}/outcome/${answerId}`,
      publish: (fact, after) => publicationsOf(fact, after, ending.sealedTokens),
      alongside: async (unit, _facts, after) => {
        if (after.status === 'requested') await renewTicket(deps, unit, after)
        if (after.status === 'granted')
          await noteGrant(unit, { ...after.grant, userId }, metadata, deps.clock)
      },
    })
  return (await withPatience(deps, record)).state
}

interface Ending {
  readonly command: Extract<
    AuthorizationCommand,
    { type: 'GrantAuthorization' | 'DenyAuthorization' | 'FailAuthorization' }
  >
  readonly sealedTokens: string | null
}

async function endingOf(
  deps: RecordOutcomeDeps,
  { state }: LoadedAuthorization,
  exchange: () => Promise<ConsentOutcome>,
): Promise<Ending> {
  let outcome: ConsentOutcome
  try {
    outcome = await exchange()
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    const command = { type: 'FailAuthorization', now: deps.clock.now(), reason: error.code } as const
    return { command, sealedTokens: null }
  }
  if (outcome.status === 'refused') {
    const { status, reason } = refusalOf(outcome.error)
    const type = status === 'denied' ? 'DenyAuthorization' : 'FailAuthorization'
    return { command: { type, now: deps.clock.now(), reason }, sealedTokens: null }
  }
  return granted(deps, state, outcome)
}

type Granted = Extract<ConsentOutcome, { status: 'granted' }>

async function granted(
  { clock, knownGrants, tokenSeal }: RecordOutcomeDeps,
  { authorizationId, scopes, userId }: LoadedAuthorization['state'],
  { issuer, account, grantedScopes, tokens }: Granted,
): Promise<Ending> {
  const now = clock.now()
  const grantId = grantIdOf(userId, issuer, account.id)
  const asked = serviceScopes(scopes)
  const missing = missingScopes(asked, grantedScopes)
  const known = (await knownGrants.ofUser(userId)).find((each) => each.grantId === grantId)
  const end = tokens.refreshTokenExpiresAt
  const grant = {
    grantId,
    issuer,
    account,
    grantedScopes,
    missingScopes: missing,
    refreshTokenIncluded: tokens.refreshToken !== null,
    tokensExpireAt: tokens.expiresAt.toISOString(),
    ...(end === null ? {} : { refreshTokenExpiresAt: end.toISOString() }),
  }
  const covered = asked.filter((scope) => !missing.includes(scope))
  const refreshTokenKnown = refreshTokenCovers(known, covered, now)
  const sealedTokens = await tokenSeal.seal(tokens, { authorizationId, grantId, issuer })
  return { command: { type: 'GrantAuthorization', now, grant, refreshTokenKnown }, sealedTokens }
}

async function renewTicket(
  { oneTimeSecrets, secrets }: RecordOutcomeDeps,
  unit: UnitOfWork,
  { authorizationId, expiresAt }: Extract<AuthorizationState, { status: 'requested' | 'bound' }>,
): Promise<void> {
  const fingerprint = oneTimeSecrets.fingerprint(oneTimeSecrets.ticketOf(authorizationId, 'begin_again'))
  await secrets.renewTicket(unit, { authorizationId, fingerprint, expiresAt: new Date(expiresAt) })
}

async function noteGrant(
  unit: UnitOfWork,
  grant: GrantReceived & { readonly userId: string },
  metadata: FactMetadata,
  { now }: Clock,
): Promise<void> {
  const { account, grantedScopes: scopes, grantId, refreshTokenExpiresAt: expiresAt, userId } = grant
  await handleCommand(unit, {
    decider: knownGrant,
    streamType: 'known-grant',
    streamId: knownGrantStream(grantId),
    command: {
      type: 'NoteGrant',
      grant: { grantId, userId, email: account.email },
      refreshToken: grant.refreshTokenIncluded
        ? { scopes, ...(expiresAt === undefined ? {} : { expiresAt }) }
        : null,
      now: now(),
    },
    metadata,
  })
}

async function withPatience<T>({ pause }: RecordOutcomeDeps, work: () => Promise<T>): Promise<T> {
  for (const delayMs of retryDelaysMs) {
    try {
      return await work()
    } catch (error) {
      const passing = error instanceof DomainError && error.kind === 'unavailable'
      if (!passing) throw error
      await pause(delayMs)
    }
  }
  return work()
}
