import { type Clock, DomainError, type Ids } from '@evergrant/decider'
import type { Service } from '@evergrant/event-contracts'
import type { FactMetadata, Snapshot } from '@evergrant/event-store'
import { tokenErrors } from '../domain/errors.ts'
import { failuresOf } from '../domain/evolve-grant.ts'
import { classifyFailure, type FailureClass } from '../domain/failure-class.ts'
import type { Holder, RefreshCause } from '../domain/grant-facts.ts'
import { connectedServices, type Grant, type GrantState } from '../domain/grant-state.ts'
import type { ProviderPolicy } from '../domain/provider-policy.ts'
import { nextAttemptAt, refreshDueAt, refreshLeaseMs } from '../domain/refresh-timing.ts'
import type { GrantHandling, HandleGrant } from './grant-commands.ts'
import type {
  DataKey,
  GrantSnapshot,
  Grants,
  OpenedToken,
  ProviderTokens,
  Random,
  RefreshAnswer,
  SecretVault,
  TokenOutcomes,
} from './ports.ts'
import type { RetryBudget } from './retry-budget.ts'

/** Why a refresh was held back here; no word of Google's. */
export const retryBudgetReason = 'retry_budget'

/** Where a process may die; what follows from each is a named test. */
export type RefreshCrashPoint =
  | 'before_started'
  | 'after_started'
  | 'after_answer'
  | 'before_commit'
  | 'after_recorded'

export interface RefreshDeps {
  readonly handle: HandleGrant
  readonly grants: Pick<Grants, 'byId'>
  readonly vault: SecretVault
  readonly provider: ProviderTokens
  readonly outcomes: TokenOutcomes
  readonly retries: RetryBudget
  readonly clock: Clock
  readonly ids: Ids
  readonly random: Random
  readonly holder: Holder
  readonly policy: ProviderPolicy
  /** Resolves after so long. */
  readonly pause: (ms: number) => Promise<unknown>
  /** Longer than the provider's deadline; a test may shorten both. */
  readonly leaseMs?: number
  /** Called at named points; only failure tests set it. */
  readonly crashPoint?: (name: RefreshCrashPoint, grantId: string) => void | Promise<void>
}

export interface RefreshRequest {
  readonly grantId: string
  /** The generation the caller found wanting. */
  readonly seenGeneration: number
  readonly cause: RefreshCause
  readonly metadata: FactMetadata
}

/** One attempt to get a new token set, by this process. Resolves when a newer generation is there or nothing is left to do.
 * @throws DomainError `refresh_under_way` (another replica is at it), `refresh_backing_off`, `needs_reauthorization`,
 * `client_misconfigured`, `google_unavailable`, `tokens_not_readable`. */
export async function refreshGrant(deps: RefreshDeps, request: RefreshRequest): Promise<void> {
  const seen = await deps.grants.byId(request.grantId)
  if (!seen) throw tokenErrors.connection_not_found()
  const { grant } = seen
  if (grant.generation > request.seenGeneration) return
  const pause = deps.provider.pausedForSeconds()
  // While Google is known to be ill, thousands of announcements and failures would only fill the record.
  if (pause !== null && grant.refreshTokenGeneration !== null) {
    throw tokenErrors.google_unavailable({ retryAfterSeconds: pause })
  }
  // Opened before the announcement: a token nobody can read must not leave an announcement without an outcome.
  const opened = await openRefreshToken(deps, grant)
  const attemptId = deps.ids.next()
  await deps.crashPoint?.('before_started', grant.grantId)
  const retry = takeRetry(deps, grant, request)
  const started = await announce(deps, request, { attemptId, seen }).catch((error: unknown) => {
    retry?.giveBack()
    throw error
  })
  if (started === undefined) {
    retry?.giveBack()
    return
  }
  if (retry) deps.outcomes.retry(true)
  if (opened === undefined) throw tokenErrors.tokens_not_readable({ detail: { grantId: grant.grantId } })
  await deps.crashPoint?.('after_started', grant.grantId)
  const startedAt = deps.provider.now()
  const answer = await deps.provider.refresh(opened.token)
  await deps.crashPoint?.('after_answer', grant.grantId)
  if (answer.ok) deps.retries.earn()
  if (answer.ok || !wastesRetries.has(classifyFailure(answer.evidence))) retry?.giveBack()
  const attempt = { grant, attemptId, started }
  if (answer.ok)
    await recordSuccess(deps, request, { ...attempt, answer, startedAt, dataKey: opened.dataKey })
  else await recordFailure(deps, request, { ...attempt, answer })
  await deps.crashPoint?.('after_recorded', grant.grantId)
}

/** What Google said without being ill or overrun costs no retry. */
const wastesRetries = new Set<FailureClass>(['transient', 'rate_limited', 'in_doubt'])

/** More than a caller waits for (`keep-fresh.ts`): a spent budget must not be asked again and again. */
const spentBudgetWaitSeconds = 5

/** Reserved before the announcement, which takes time: meanwhile others must not spend the same one.
 * An attempt that was abandoned is no retry: whoever finishes it settles a doubt.
 * @throws DomainError `google_unavailable` with `reason: retry_budget` when there is none left. */
function takeRetry(deps: RefreshDeps, grant: Grant, { cause }: RefreshRequest): RetryBudget | null {
  if (grant.refresh.status !== 'failed') return null
  if (deps.retries.take(cause)) return deps.retries
  deps.outcomes.retry(false)
  throw tokenErrors.google_unavailable({
    retryAfterSeconds: spentBudgetWaitSeconds,
    extensions: { reason: retryBudgetReason },
  })
}

async function openRefreshToken(deps: RefreshDeps, grant: Grant): Promise<OpenedToken | undefined> {
  if (grant.status !== 'live' || grant.refreshTokenGeneration === null) return undefined
  const { grantId, userId, refreshTokenGeneration } = grant
  return deps.vault.refreshToken({ grantId, userId, generation: refreshTokenGeneration })
}

/** @returns the grant as it is then; undefined when there is nothing to do. */
async function announce(
  deps: RefreshDeps,
  request: RefreshRequest,
  { attemptId, seen }: { readonly attemptId: string; readonly seen: GrantSnapshot },
): Promise<Snapshot<GrantState> | undefined> {
  const now = deps.clock.now()
  const { facts, state, version } = await deps.handle({
    grantId: request.grantId,
    metadata: request.metadata,
    ...(seen.version === null ? {} : { known: { state: seen.grant, version: seen.version } }),
    command: {
      type: 'StartRefresh',
      now: now.toISOString(),
      attemptId,
      holder: deps.holder,
      leaseUntil: new Date(now.getTime() + (deps.leaseMs ?? refreshLeaseMs)).toISOString(),
      cause: request.cause,
      policy: deps.policy,
      seenGeneration: request.seenGeneration,
    },
  })
  if (facts.some((fact) => fact.type === 'RefreshStarted')) return { state, version }
  if (state.status === 'needs_reauthorization') throw needsReauthorization(state.reason)
  return undefined
}

interface Attempt<Answer> {
  readonly grant: Grant
  readonly attemptId: string
  /** The grant as the announcement left it. */
  readonly started: Snapshot<GrantState>
  readonly answer: Answer
}

async function recordSuccess(
  deps: RefreshDeps,
  request: RefreshRequest,
  attempt: Attempt<Extract<RefreshAnswer, { ok: true }>> & {
    readonly startedAt: Date
    readonly dataKey: DataKey
  },
): Promise<void> {
  const { grant, answer, attemptId, started, startedAt, dataKey } = attempt
  const { grantId, userId } = grant
  await insist(deps, {
    grantId,
    metadata: request.metadata,
    known: started,
    command: {
      type: 'RecordRefreshed',
      attemptId,
      generation: grant.generation,
      scopes: answer.scopes,
      expiresAt: answer.expiresAt.toISOString(),
      refreshDueAt: refreshDueAt({
        from: startedAt,
        expiresAt: answer.expiresAt,
        jitter: deps.random(),
      }).toISOString(),
      refreshTokenReplaced: answer.refreshToken !== null,
      refreshedAt: deps.clock.now().toISOString(),
    },
    alongside: async (unit) => {
      await deps.vault.keep(unit, {
        grantId,
        userId,
        generation: grant.generation + 1,
        accessToken: answer.accessToken,
        refreshToken: answer.refreshToken,
        dataKey,
      })
      await deps.crashPoint?.('before_commit', grantId)
    },
  })
  deps.outcomes.refresh(servicesOf(grant), 'refreshed')
}

const insistEveryMs = 250

/** Google has answered and no one else knows: a database that is away for a moment must not lose the answer. After the
 * lease another replica may have replayed it, and then insisting is pointless. */
async function insist(deps: RefreshDeps, handling: GrantHandling): Promise<void> {
  const until = deps.clock.now().getTime() + (deps.leaseMs ?? refreshLeaseMs) / 2
  for (;;) {
    try {
      await deps.handle(handling)
      return
    } catch (error) {
      const passing = error instanceof DomainError && error.kind === 'unavailable'
      if (!passing || deps.clock.now().getTime() >= until) throw error
      await deps.pause(insistEveryMs)
    }
  }
}

async function recordFailure(
  deps: RefreshDeps,
  request: RefreshRequest,
  attempt: Attempt<Extract<RefreshAnswer, { ok: false }>>,
): Promise<void> {
  const { grant, attemptId, started, answer } = attempt
  const failureClass = classifyFailure(answer.evidence)
  const now = deps.clock.now()
  const again = nextAttemptAt({
    now,
    failureClass,
    failures: failuresOf(grant),
    retryAfterSeconds: answer.retryAfterSeconds,
    jitter: deps.random(),
  })
  const { facts, state } = await deps.handle({
    grantId: grant.grantId,
    metadata: { ...request.metadata, actor: { kind: 'google' } },
    known: started,
    command: {
      type: 'RecordRefreshFailed',
      attemptId,
      generation: grant.generation,
      policy: deps.policy,
      failureClass,
      evidence: answer.evidence,
      nextAttemptAt: again?.toISOString() ?? null,
      failedAt: now.toISOString(),
    },
  })
  deps.outcomes.refresh(servicesOf(grant), failureClass)
  // Nothing recorded: somebody else's newer outcome stands, and that one is what the caller gets.
  if (facts.length === 0) return
  throw refusalOf(failureClass, again, now, state.status === 'none' ? null : state.reason)
}

function refusalOf(
  failureClass: FailureClass,
  again: Date | null,
  now: Date,
  reason: string | null,
): DomainError {
  const wait = again === null ? {} : { retryAfterSeconds: secondsUntil(again, now) }
  if (failureClass === 'client_misconfigured') return tokenErrors.client_misconfigured(wait)
  if (again === null) return needsReauthorization(reason)
  return tokenErrors.google_unavailable({ ...wait, extensions: { failureClass } })
}

function needsReauthorization(reason: string | null): DomainError {
  return tokenErrors.needs_reauthorization({ extensions: { reason } })
}

function secondsUntil(then: Date, now: Date): number {
  return Math.max(1, Math.ceil((then.getTime() - now.getTime()) / 1000))
}

function servicesOf(grant: Grant): Service[] {
  return connectedServices(grant).map(({ service }) => service)
}
