import { type Clock, DomainError } from '@evergrant/decider'
import { services } from '@evergrant/event-contracts'
import type { FactMetadata } from '@evergrant/event-store'
import { tokenErrors } from '../domain/errors.ts'
import { decideVend, type VendRequest } from '../domain/vend-decision.ts'
import type { Freshness } from './keep-fresh.ts'
import type { ConnectionCard, Grants, ProviderTokens, SecretVault, TokenOutcomes, VendLog } from './ports.ts'
import type { RetryBudget } from './retry-budget.ts'
import type { WarmToken, WarmTokens } from './warm-tokens.ts'

export interface VendCommand extends VendRequest {
  readonly connectionId: string
  readonly purpose: string | null
  readonly caller: string
  readonly metadata: FactMetadata
}

export interface VendedToken {
  readonly accessToken: string
  readonly tokenType: 'Bearer'
  readonly expiresAt: string
  readonly scopes: readonly string[]
  readonly generation: number
}

export interface VendDeps {
  readonly grants: Pick<Grants, 'ofConnection'>
  readonly vault: Pick<SecretVault, 'accessToken'>
  readonly provider: Pick<ProviderTokens, 'now' | 'pausedForSeconds'>
  readonly warmTokens: WarmTokens
  readonly retries: Pick<RetryBudget, 'has'>
  readonly freshness: Freshness
  readonly vendLog: VendLog
  readonly outcomes: TokenOutcomes
  readonly clock: Clock
  readonly publicUrl: string
  /** A refresh behind the caller's back failed; the caller has its token and must not hear of it. */
  readonly onBackgroundFailure: (error: unknown) => void
}

/** A generation can move on under a reader only as often as refreshes happen; more than this is a defect. */
const looks = 4

/** Lends an access token that works. A usable one is served at once, whatever happens behind it.
 * @throws DomainError `connection_not_found`, `needs_reauthorization`, `missing_scopes`, `google_unavailable`,
 * `client_misconfigured`, `tokens_not_readable`. */
export async function vendAccessToken(deps: VendDeps, command: VendCommand): Promise<VendedToken> {
  const warm = deps.warmTokens.get(command.connectionId)
  if (warm && servesAtOnce(deps, command, warm)) return lend(deps, command, warm)

  for (let look = 1; look <= looks; look++) {
    const ticket = deps.warmTokens.ticket()
    const card = await tokenQuery(deps, command.connectionId)
    if (!card) throw tokenErrors.connection_not_found()
    const { grant, service } = card
    const decision = decideVend(grant, service, command, contextOf(deps))
    if (decision.kind === 'refresh_first') {
      // A new generation that is still too short cannot get longer by asking again.
      if (look > 2) break
      await refreshOrExplain(deps, command, card)
      continue
    }
    if (decision.refreshDue) refreshBehind(deps, command, card)
    const { grantId, userId, generation } = grant
    const accessToken = await deps.vault.accessToken({ grantId, userId, generation })
    if (accessToken === undefined) continue
    deps.warmTokens.keep(ticket, command.connectionId, { grant, service, accessToken })
    return lend(deps, command, { grant, service, accessToken })
  }
  throw tokenErrors.google_unavailable({ retryAfterSeconds: 1 })
}

/** Memory may say yes. A no is worth a look at the truth first. */
function servesAtOnce(deps: VendDeps, command: VendCommand, warm: WarmToken): boolean {
  try {
    const decision = decideVend(warm.grant, warm.service, command, contextOf(deps))
    if (decision.kind !== 'serve') return false
    if (decision.refreshDue) refreshBehind(deps, command, warm)
    return true
  } catch (error) {
    if (error instanceof DomainError) return false
    throw error
  }
}

async function lend(
  deps: VendDeps,
  command: VendCommand,
  { grant, service, accessToken }: WarmToken,
): Promise<VendedToken> {
  const { grantId, generation, expiresAt, scopes } = grant
  deps.outcomes.query(service, true)
  await deps.vendLog.record({
    connectionId: command.connectionId,
    grantId,
    generation,
    caller: command.caller,
    purpose: command.purpose,
    scopes: command.requiredScopes,
    traceparent: command.metadata.traceparent ?? null,
    at: deps.clock.now(),
  })
  return { accessToken, tokenType: 'Bearer', expiresAt, scopes, generation }
}

function contextOf({ provider, publicUrl }: VendDeps) {
  return { googleNow: provider.now(), publicUrl }
}

/** A query that fails says nothing about which service was meant: it counts against all of them. */
async function tokenQuery(deps: VendDeps, connectionId: string): Promise<ConnectionCard | undefined> {
  try {
    return await deps.grants.ofConnection(connectionId)
  } catch (error) {
    for (const service of services) deps.outcomes.query(service, false)
    throw error
  }
}

async function refreshOrExplain(deps: VendDeps, command: VendCommand, card: ConnectionCard): Promise<void> {
  const { grantId, generation } = card.grant
  try {
    await deps.freshness.refresh({
      grantId,
      seenGeneration: generation,
      cause: 'vend',
      metadata: command.metadata,
    })
  } catch (error) {
    // The state after the failure may say it better: what to do, and where to click.
    const after = await deps.grants.ofConnection(command.connectionId)
    if (after) {
      decideVend(after.grant, after.service, command, contextOf(deps))
    }
    deps.outcomes.query(card.service, false)
    throw error
  }
}

function refreshBehind(deps: VendDeps, command: VendCommand, { grant }: Pick<WarmToken, 'grant'>): void {
  const waiting =
    grant.refresh.status === 'failed' && (grant.refresh.nextAttemptAt ?? '~') > deps.clock.now().toISOString()
  const underWay =
    grant.refresh.status === 'started' && grant.refresh.leaseUntil > deps.clock.now().toISOString()
  if (waiting || underWay || grant.refreshTokenGeneration === null) return
  if (deps.provider.pausedForSeconds() !== null) return
  // Whoever has a token leaves the last retries to those who wait for one.
  if (grant.refresh.status === 'failed' && !deps.retries.has('schedule')) return
  deps.freshness
    .refresh({
      grantId: grant.grantId,
      seenGeneration: grant.generation,
      cause: 'vend',
      metadata: command.metadata,
    })
    .catch(deps.onBackgroundFailure)
}
