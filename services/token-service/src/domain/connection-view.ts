import {
  type CapabilityState,
  type Connection,
  type ConnectionStatus,
  connectionIdOf,
  missingScopes,
  requiredScopes,
  type Service,
  scopesForService,
} from '@evergrant/event-contracts'
import type { ConnectionReason } from './connection-reason.ts'
import type { ConnectionState, Grant } from './grant-state.ts'
import { consoleUrl, remedyFor } from './remedies.ts'

/** After so long without a word from Google nobody can say what a grant is. */
const evidenceTooOldMs = 24 * 60 * 60 * 1000

export interface ViewContext {
  /** In Google's time. */
  readonly now: Date
  readonly publicUrl: string
  readonly lastUsedAt: string | null
}

/** How a connection is, and why it is not better. */
export interface Standing {
  readonly status: ConnectionStatus
  readonly reason: ConnectionReason | null
  readonly missingScopes: readonly string[]
}

/** The part of the view that every vend asks for; undefined when the grant never had that service. */
export function standingOf(grant: Grant, service: Service, now: Date): Standing | undefined {
  const connection = grant.connections[service]
  if (!connection) return undefined
  // Unknown is not empty: nothing is said to be missing that may well be there.
  const missing = grant.scopesUnknown
    ? []
    : missingScopes(requiredScopes(service, connection.access), grant.scopes)
  const status = statusOf(grant, connection, missing, now)
  return { status, reason: reasonOf(grant, connection, { status, now }), missingScopes: missing }
}

/** One service of a grant, as users see it; undefined when the grant never had that service. */
export function connectionView(grant: Grant, service: Service, context: ViewContext): Connection | undefined {
  const connection = grant.connections[service]
  const standing = standingOf(grant, service, context.now)
  if (!connection || !standing) return undefined
  const id = connectionIdOf(grant.grantId, service)
  const { status, reason } = standing
  return {
    id,
    grantId: grant.grantId,
    service,
    account: grant.account,
    status,
    reason,
    action: remedyFor({ status, reason }, consoleUrl(context.publicUrl, service, id)),
    scopes: scopesForService(service, grant.scopes),
    missingScopes: [...standing.missingScopes],
    access: connection.access,
    expiresAt: status === 'disconnected' ? null : grant.expiresAt,
    lastRefreshedAt: grant.lastRefreshedAt,
    lastUsedAt: context.lastUsedAt,
    connectedAt: connection.connectedAt,
    capabilities: capabilitiesOf(grant, status, context.now),
    generation: grant.generation,
  }
}

/** Every connection of a grant. */
export function connectionsOf(grant: Grant, context: ViewContext): Connection[] {
  return Object.values(grant.connections).flatMap(
    (connection) => connectionView(grant, connection.service, context) ?? [],
  )
}

/** Whether time alone may change how a grant's connections stand. */
export function changesWithTime({ refreshTokenGeneration, refresh }: Grant): boolean {
  return refreshTokenGeneration === null || refresh.status === 'failed'
}

function statusOf(
  grant: Grant,
  connection: ConnectionState,
  missing: readonly string[],
  now: Date,
): ConnectionStatus {
  if (connection.disconnected || grant.status === 'revoked') return 'disconnected'
  if (grant.status === 'needs_reauthorization') return 'needs_reauthorization'
  const expiredForMs = now.getTime() - Date.parse(grant.expiresAt)
  if (grant.refreshTokenGeneration === null && expiredForMs >= 0) return 'needs_reauthorization'
  if (grant.refresh.status === 'failed' && expiredForMs > evidenceTooOldMs) return 'unknown'
  if (grant.scopesUnknown) return 'unknown'
  return missing.length > 0 ? 'missing_scopes' : 'active'
}

function reasonOf(
  grant: Grant,
  connection: ConnectionState,
  { status, now }: { readonly status: ConnectionStatus; readonly now: Date },
): ConnectionReason | null {
  if (status === 'disconnected') return connection.disconnected?.reason ?? grant.reason
  if (grant.status === 'needs_reauthorization') return grant.reason
  if (grant.refreshTokenGeneration === null) return 'refresh_token_missing'
  if (status === 'missing_scopes') return 'scopes_not_granted'
  if (grant.refresh.status !== 'failed') return grant.scopesUnknown ? 'scopes_unknown' : null
  if (grant.refresh.failureClass === 'client_misconfigured') return 'client_misconfigured'
  // While the token works, a failed refresh behind it is nobody's concern. When it has ended, it is, whether or not the next
  // try was made yet: a token that cannot be read and no reason for it would be a riddle.
  return now.getTime() >= Date.parse(grant.expiresAt) ? 'google_unavailable' : null
}

function capabilitiesOf(
  grant: Grant,
  status: ConnectionStatus,
  now: Date,
): Record<'token.read' | 'token.refresh', CapabilityState> {
  const expired = now.getTime() >= Date.parse(grant.expiresAt)
  if (status === 'needs_reauthorization' && grant.reason === 'rotation_lost' && !expired) {
    return { 'token.read': 'degraded', 'token.refresh': 'unavailable' }
  }
  if (status === 'disconnected' || status === 'needs_reauthorization') {
    return { 'token.read': 'unavailable', 'token.refresh': 'unavailable' }
  }
  const failing = grant.refresh.status === 'failed'
  const misconfigured = failing && grant.refresh.failureClass === 'client_misconfigured'
  const refresh =
    grant.refreshTokenGeneration === null || misconfigured ? 'unavailable' : failing ? 'degraded' : 'ok'
  return { 'token.read': expired && failing ? 'unavailable' : 'ok', 'token.refresh': refresh }
}
