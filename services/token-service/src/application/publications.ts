import { type Connection, contracts, type Publication, publication } from '@evergrant/event-contracts'
import { connectionsOf } from '../domain/connection-view.ts'
import type { GrantFact } from '../domain/grant-facts.ts'
import type { Grant, GrantState } from '../domain/grant-state.ts'
import { consoleUrl, remedyFor } from '../domain/remedies.ts'

/** Which fact leaves as which contract; the default is none. */
export function publicationsOf(publicUrl: string) {
  return (fact: GrantFact, after: GrantState, before: GrantState): readonly Publication[] => {
    if (after.status === 'none') return []
    const at = happenedAt(fact)
    return [...eventsOf(fact, after, publicUrl), ...changedConnections(before, after, at, publicUrl)]
  }
}

function eventsOf(fact: GrantFact, grant: Grant, publicUrl: string): Publication[] {
  const { grantId, userId } = grant
  switch (fact.type) {
    case 'GrantRefreshed': {
      const { generation, expiresAt, scopes, refreshedAt } = fact.data
      return [
        publication(contracts.tokenRefreshed, {
          grantId,
          userId,
          generation,
          expiresAt,
          scopes: [...scopes],
          refreshedAt,
        }),
      ]
    }
    case 'RefreshFailed': {
      const { generation, failureClass, evidence, nextAttemptAt, failedAt } = fact.data
      return [
        publication(contracts.tokenRefreshFailed, {
          grantId,
          userId,
          generation,
          failureClass,
          evidence: { ...evidence },
          nextAttemptAt,
          failedAt,
        }),
      ]
    }
    case 'ReauthorizationRequired': {
      const { reason, requiredAt } = fact.data
      const url = reconnectUrl(grant, publicUrl)
      const action = remedyFor({ status: 'needs_reauthorization', reason }, url) ?? {
        kind: 'reconnect',
        description: 'Connect the Google account again.',
        url,
      }
      return [publication(contracts.reauthorizationRequired, { grantId, userId, reason, action, requiredAt })]
    }
    case 'GrantRevoked': {
      const { by, reason, revokedAt } = fact.data
      return [publication(contracts.grantRevoked, { grantId, userId, by, reason, revokedAt })]
    }
    default:
      return []
  }
}

function changedConnections(before: GrantState, after: Grant, at: string, publicUrl: string): Publication[] {
  const context = { now: new Date(at), publicUrl, lastUsedAt: null }
  const known = new Map(
    before.status === 'none'
      ? []
      : connectionsOf(before, context).map((view) => [view.id, tellingPart(view)]),
  )
  return connectionsOf(after, context)
    .filter((connection) => known.get(connection.id) !== tellingPart(connection))
    .map((connection) =>
      publication(contracts.connectionChanged, { userId: after.userId, connection, changedAt: at }),
    )
}

/** What a change of must be told; expiry and generation have events of their own. */
function tellingPart({ status, reason, scopes, missingScopes, access }: Connection): string {
  return JSON.stringify([status, reason, scopes, missingScopes, access])
}

function reconnectUrl(grant: Grant, publicUrl: string): string {
  const [first] = connectionsOf(grant, { now: new Date(grant.expiresAt), publicUrl, lastUsedAt: null })
  return first ? consoleUrl(publicUrl, first.service, first.id) : new URL('/', publicUrl).href
}

function happenedAt(fact: GrantFact): string {
  switch (fact.type) {
    case 'GrantOpened':
      return fact.data.openedAt
    case 'TokensReceived':
      return fact.data.receivedAt
    case 'RefreshStarted':
      return fact.data.startedAt
    case 'GrantRefreshed':
      return fact.data.refreshedAt
    case 'RefreshFailed':
      return fact.data.failedAt
    case 'ReauthorizationRequired':
      return fact.data.requiredAt
    case 'ConnectionDisconnected':
      return fact.data.disconnectedAt
    case 'GrantRevoked':
      return fact.data.revokedAt
    case 'FailureReclassified':
      return fact.data.reclassifiedAt
    case 'RevocationDelayed':
      return fact.data.at
    case 'RevocationSettled':
      return fact.data.settledAt
  }
}
