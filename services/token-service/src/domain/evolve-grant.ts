import type { Access, Service } from '@evergrant/event-contracts'
import type { GrantFact } from './grant-facts.ts'
import type { ConnectionState, Grant, GrantState } from './grant-state.ts'
import type { Doubt } from './provider-policy.ts'

type DataOf<Type extends GrantFact['type']> = Extract<GrantFact, { type: Type }>['data']

const rememberedAuthorizations = 20

export function evolveGrant(state: GrantState, fact: GrantFact): GrantState {
  if (fact.type === 'GrantOpened') return state.status === 'none' ? opened(fact.data) : state
  if (state.status === 'none') return state
  switch (fact.type) {
    case 'TokensReceived':
      return received(state, fact.data)
    case 'RefreshStarted':
      return {
        ...state,
        refresh: {
          status: 'started',
          attempt: fact.data.attempt,
          attemptId: fact.data.attemptId,
          holder: fact.data.holder,
          startedAt: fact.data.startedAt,
          leaseUntil: fact.data.leaseUntil,
          failuresBefore: failuresOf(state),
        },
      }
    case 'GrantRefreshed':
      return {
        ...state,
        status: 'live',
        reason: null,
        generation: fact.data.generation,
        scopes: fact.data.scopes,
        scopesUnknown: fact.data.scopesUnknown === true,
        expiresAt: fact.data.expiresAt,
        refreshDueAt: fact.data.refreshDueAt,
        refreshTokenGeneration: fact.data.refreshTokenGeneration,
        lastRefreshedAt: fact.data.refreshedAt,
        refresh: { status: 'idle' },
        doubt: null,
      }
    case 'RefreshFailed':
      return {
        ...state,
        refresh: {
          status: 'failed',
          attempt: state.refresh.status === 'idle' ? 0 : state.refresh.attempt,
          failures: failuresOf(state) + 1,
          failureClass: fact.data.failureClass,
          failedAt: fact.data.failedAt,
          nextAttemptAt: fact.data.nextAttemptAt,
        },
        doubt: doubtAfter(state, fact.data),
      }
    case 'FailureReclassified':
      return {
        ...state,
        status: 'live',
        reason: null,
        refresh:
          state.refresh.status === 'failed'
            ? { ...state.refresh, failureClass: fact.data.to, nextAttemptAt: fact.data.reclassifiedAt }
            : state.refresh,
      }
    case 'ReauthorizationRequired':
      return { ...state, status: 'needs_reauthorization', reason: fact.data.reason }
    case 'ConnectionDisconnected':
      return { ...state, connections: disconnected(state, fact.data) }
    case 'GrantRevoked':
      return {
        ...state,
        status: 'revoked',
        reason: fact.data.reason,
        refresh: { status: 'idle' },
        revocation: { status: 'pending', failures: 0, dueAt: fact.data.revokedAt },
      }
    case 'RevocationDelayed': {
      const failures = state.revocation.status === 'pending' ? state.revocation.failures + 1 : 1
      return { ...state, revocation: { status: 'pending', failures, dueAt: fact.data.nextAttemptAt } }
    }
    case 'RevocationSettled':
      return { ...state, revocation: { status: 'settled' }, refreshTokenGeneration: null }
    default:
      return state
  }
}

export function failuresOf(state: Grant): number {
  if (state.refresh.status === 'idle') return 0
  return state.refresh.status === 'failed' ? state.refresh.failures : state.refresh.failuresBefore
}

function doubtAfter(state: Grant, failed: DataOf<'RefreshFailed'>): Doubt | null {
  const { doubt } = state
  if (failed.failureClass !== 'in_doubt') return doubt
  const since = state.refresh.status === 'started' ? state.refresh.startedAt : failed.failedAt
  return { attempts: (doubt?.attempts ?? 0) + 1, since: doubt?.since ?? since }
}

function opened(data: DataOf<'GrantOpened'>): Grant {
  return {
    status: 'live',
    reason: null,
    grantId: data.grantId,
    userId: data.userId,
    issuer: data.issuer,
    account: data.account,
    generation: 0,
    scopes: [],
    expiresAt: data.openedAt,
    refreshDueAt: data.openedAt,
    refreshTokenGeneration: null,
    refreshTokenSince: null,
    lastRefreshedAt: null,
    authorizationIds: [],
    connections: {},
    refresh: { status: 'idle' },
    doubt: null,
    revocation: { status: 'none' },
  }
}

function received(state: Grant, data: DataOf<'TokensReceived'>): Grant {
  const connections: Partial<Record<Service, ConnectionState>> = { ...state.connections }
  for (const service of data.services) {
    const existing = connections[service]
    const stillConnected = existing !== undefined && existing.disconnected === null
    connections[service] = {
      service,
      access: stillConnected ? broader(existing.access, data.access) : data.access,
      connectedAt: stillConnected ? existing.connectedAt : data.receivedAt,
      disconnected: null,
    }
  }
  return {
    ...state,
    status: 'live',
    reason: null,
    account: data.account,
    generation: data.generation,
    scopes: data.scopes,
    scopesUnknown: data.scopesUnknown === true,
    expiresAt: data.expiresAt,
    refreshDueAt: data.refreshDueAt,
    refreshTokenGeneration: data.refreshTokenGeneration,
    refreshTokenSince: refreshTokenSince(state, data),
    authorizationIds: [...state.authorizationIds, data.authorizationId].slice(-rememberedAuthorizations),
    connections,
    refresh: { status: 'idle' },
    doubt: null,
    // A new consent makes a pending revocation wrong: Google would kill the new tokens with the old.
    revocation: { status: 'none' },
  }
}

function refreshTokenSince(state: Grant, data: DataOf<'TokensReceived'>): string | null {
  if (data.refreshTokenGeneration === null) return null
  return data.refreshTokenGeneration === data.generation ? data.receivedAt : state.refreshTokenSince
}

function broader(one: Access, other: Access): Access {
  return one === 'readwrite' || other === 'readwrite' ? 'readwrite' : 'read'
}

function disconnected(state: Grant, data: DataOf<'ConnectionDisconnected'>): Grant['connections'] {
  const connection = state.connections[data.service]
  if (!connection) return state.connections
  return {
    ...state.connections,
    [data.service]: { ...connection, disconnected: { at: data.disconnectedAt, reason: data.reason } },
  }
}
