import { causeOfDeath } from './cause-of-death.ts'
import type { ConnectionReason } from './connection-reason.ts'
import { tokenErrors } from './errors.ts'
import { evolveGrant } from './evolve-grant.ts'
import { reauthorizationReason } from './failure-class.ts'
import type { RecordRefreshed, RecordRefreshFailed, StartRefresh } from './grant-commands.ts'
import type { GrantFact } from './grant-facts.ts'
import type { Grant, GrantState } from './grant-state.ts'
import { lostInRotation, mayReplay } from './provider-policy.ts'

/*
 * One spend per generation. A refresh is announced (`RefreshStarted`, with a lease longer than the HTTP deadline)
 * before the POST, and the announcement is fenced by the stream's version: of all replicas one announces, the others
 * are refused with `refresh_under_way` and wait. An announcement whose lease ran out is in doubt; it is labelled
 * so, and the provider's policy says whether the same token may be used again (Google does not rotate: always). When it
 * may not, or when the provider no longer knows it, the grant was lost in rotation; nobody revoked it. An outcome counts
 * only while its generation is the current one: a new consent, or a quicker attempt, wins.
 */

/** @throws DomainError `connection_not_found`, `needs_reauthorization`, `refresh_under_way`, `refresh_backing_off`. */
export function startRefresh(command: StartRefresh, grant: GrantState): readonly GrantFact[] {
  if (grant.status === 'none') throw tokenErrors.connection_not_found()
  if (grant.status !== 'live')
    throw tokenErrors.needs_reauthorization({ extensions: { reason: grant.reason } })
  if (grant.generation > command.seenGeneration) return []
  if (grant.refreshTokenGeneration === null) return withoutRefreshToken(command, grant)

  const { refresh } = grant
  if (refresh.status === 'started') {
    if (!abandoned(command, refresh)) {
      throw tokenErrors.refresh_under_way({ detail: { leaseUntil: refresh.leaseUntil } })
    }
    const labelled = inDoubt(command, grant.generation, refresh.attemptId)
    return [labelled, afterDoubt(command, evolveGrant(grant, labelled), refresh.attempt + 1)]
  }
  if (refresh.status === 'failed' && mustWait(command, refresh)) {
    const waitMs = Date.parse(refresh.nextAttemptAt ?? command.now) - Date.parse(command.now)
    throw tokenErrors.refresh_backing_off({ retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) })
  }
  return [afterDoubt(command, grant, refresh.status === 'failed' ? refresh.attempt + 1 : 1)]
}

function inDoubt(command: StartRefresh, generation: number, attemptId: string): GrantFact {
  return {
    type: 'RefreshFailed',
    data: {
      generation,
      attemptId,
      failureClass: 'in_doubt',
      evidence: { httpStatus: null, error: 'no_outcome_recorded', errorSubtype: null },
      nextAttemptAt: command.now,
      failedAt: command.now,
    },
  }
}

function afterDoubt(command: StartRefresh, grant: GrantState, attempt: number): GrantFact {
  if (grant.status === 'none') throw tokenErrors.connection_not_found()
  if (mayReplay(command.policy, grant.doubt, command.now)) return started(command, grant, attempt)
  return {
    type: 'ReauthorizationRequired',
    data: { generation: grant.generation, reason: 'rotation_lost', requiredAt: command.now },
  }
}

export function recordRefreshed(command: RecordRefreshed, grant: GrantState): readonly GrantFact[] {
  if (grant.status === 'none' || grant.status === 'revoked' || grant.generation !== command.generation)
    return []
  // The answer taken for lost came after all. Any other end is the provider's or the user's own word, and stays.
  if (grant.status === 'needs_reauthorization' && grant.reason !== 'rotation_lost') return []
  const generation = grant.generation + 1
  const kept = grant.refreshTokenGeneration ?? grant.generation
  return [
    {
      type: 'GrantRefreshed',
      data: {
        generation,
        attemptId: command.attemptId,
        scopes: command.scopes ?? grant.scopes,
        ...(command.scopes === null && grant.scopesUnknown ? { scopesUnknown: true } : {}),
        expiresAt: command.expiresAt,
        refreshDueAt: command.refreshDueAt,
        refreshTokenGeneration: command.refreshTokenReplaced ? generation : kept,
        refreshedAt: command.refreshedAt,
      },
    },
  ]
}

export function recordRefreshFailed(command: RecordRefreshFailed, grant: GrantState): readonly GrantFact[] {
  if (grant.status !== 'live' || grant.generation !== command.generation) return []
  // Somebody took over after our lease: their outcome is the newer one, and ours must not hide it.
  if (grant.refresh.status !== 'started' || grant.refresh.attemptId !== command.attemptId) return []
  const { attemptId, generation, failureClass, evidence, nextAttemptAt, failedAt } = command
  const failed: GrantFact = {
    type: 'RefreshFailed',
    data: { generation, attemptId, failureClass, evidence, nextAttemptAt, failedAt },
  }
  const reason =
    failureClass === 'revoked' ? endOf(grant, command) : reauthorizationReason(failureClass, evidence)
  if (reason === null) return [failed]
  return [failed, { type: 'ReauthorizationRequired', data: { generation, reason, requiredAt: failedAt } }]
}

function endOf(grant: Grant, { policy, failedAt, siblings }: RecordRefreshFailed): ConnectionReason {
  if (lostInRotation(policy, grant.doubt)) return 'rotation_lost'
  const since = grant.refreshTokenSince ?? failedAt
  const life = { since, lastUsedAt: grant.lastRefreshedAt, ...(siblings === undefined ? {} : { siblings }) }
  return causeOfDeath(life, failedAt)
}

function withoutRefreshToken(command: StartRefresh, grant: Grant): readonly GrantFact[] {
  // The access token still works until it ends; only then the user is needed.
  if (command.now < grant.expiresAt) return []
  return [
    {
      type: 'ReauthorizationRequired',
      data: { generation: grant.generation, reason: 'refresh_token_missing', requiredAt: command.now },
    },
  ]
}

function abandoned(
  command: StartRefresh,
  refresh: Extract<Grant['refresh'], { status: 'started' }>,
): boolean {
  if (refresh.leaseUntil <= command.now) return true
  // The same instance under a new boot id: the process that held the lease is dead, nobody else will finish it.
  const { instanceId, bootId } = refresh.holder
  return instanceId === command.holder.instanceId && bootId !== command.holder.bootId
}

/** A user's own click may shorten a wait of ours, never one that Google asked for. */
function mustWait(command: StartRefresh, refresh: Extract<Grant['refresh'], { status: 'failed' }>): boolean {
  if (refresh.nextAttemptAt === null || refresh.nextAttemptAt <= command.now) return false
  return command.cause !== 'user' || refresh.failureClass === 'rate_limited'
}

function started(command: StartRefresh, grant: Grant, attempt: number): GrantFact {
  return {
    type: 'RefreshStarted',
    data: {
      generation: grant.generation,
      attempt,
      attemptId: command.attemptId,
      holder: command.holder,
      cause: command.cause,
      leaseUntil: command.leaseUntil,
      startedAt: command.now,
    },
  }
}
