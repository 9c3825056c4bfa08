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
import { knownGrant, knownGrantStream } from '../domain/known-grant.ts'
import { refusalOf } from '../domain/refusal.ts'
import { type LoadedAuthorization, metadataOfStep } from './load-authorization.ts'
import type { ConsentOutcome, TokenSeal } from './ports.ts'
import { publicationsOf } from './publications.ts'

export interface RecordOutcomeDeps {
  readonly store: EventStore
  readonly tokenSeal: TokenSeal
  readonly clock: Clock
  readonly pause: (ms: number) => Promise<unknown>
}

/** How long to wait before the outcome is written once more; the code is spent and cannot be asked for again. */
const retryDelaysMs = [100, 500, 2000]

/** Writes down how an exchange ended, whatever happened. */
export async function recordOutcome(
  deps: RecordOutcomeDeps,
  loaded: LoadedAuthorization,
  request: FactMetadata,
  exchange: () => Promise<ConsentOutcome>,
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
      commandId: `${authorizationStream(authorizationId)}/outcome`,
      publish: (fact, after) => publicationsOf(fact, after, ending.sealedTokens),
      alongside: (unit) => noteRefreshToken(unit, ending.command, userId, metadata),
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
  const { issuer, account, grantedScopes, tokens } = outcome
  const grantId = grantIdOf(state.userId, issuer, account.id)
  const { authorizationId, scopes } = state
  const grant = {
    grantId,
    issuer,
    account,
    grantedScopes,
    missingScopes: missingScopes(serviceScopes(scopes), grantedScopes),
    refreshTokenIncluded: tokens.refreshToken !== null,
    tokensExpireAt: tokens.expiresAt.toISOString(),
  }
  const sealedTokens = await deps.tokenSeal.seal(tokens, { authorizationId, grantId, issuer })
  return { command: { type: 'GrantAuthorization', now: deps.clock.now(), grant }, sealedTokens }
}

async function noteRefreshToken(
  unit: UnitOfWork,
  command: Ending['command'],
  userId: string,
  metadata: FactMetadata,
): Promise<void> {
  if (command.type !== 'GrantAuthorization' || !command.grant.refreshTokenIncluded) return
  const { grantId, account, grantedScopes: scopes } = command.grant
  await handleCommand(unit, {
    decider: knownGrant,
    streamType: 'known-grant',
    streamId: knownGrantStream(grantId),
    command: {
      type: 'NoteRefreshToken',
      grantId,
      userId,
      email: account.email,
      scopes,
      now: command.now,
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
