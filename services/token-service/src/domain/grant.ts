import type { Decider } from '@evergrant/decider'
import { endsRefreshToken } from './cause-of-death.ts'
import type { ConnectionReason } from './connection-reason.ts'
import { endByProvider, reclassify } from './decide-end.ts'
import { recordRefreshed, recordRefreshFailed, startRefresh } from './decide-refresh.ts'
import { tokenErrors } from './errors.ts'
import { evolveGrant } from './evolve-grant.ts'
import type { Disconnect, GrantCommand, ReceiveTokens } from './grant-commands.ts'
import type { GrantFact } from './grant-facts.ts'
import { connectedServices, type Grant, type GrantState } from './grant-state.ts'

/** What Google gave for one user and one account: the unit of refresh. */
export const grantDecider: Decider<GrantState, GrantCommand, GrantFact> = {
  initialState: { status: 'none' },
  evolve: evolveGrant,
  decide(command, state) {
    switch (command.type) {
      case 'ReceiveTokens':
        return receiveTokens(command, state)
      case 'StartRefresh':
        return startRefresh(command, state)
      case 'RecordRefreshed':
        return recordRefreshed(command, state)
      case 'RecordRefreshFailed':
        return recordRefreshFailed(command, state)
      case 'Disconnect':
        return disconnect(command, state)
      case 'Reclassify':
        return reclassify(command, state)
      case 'EndByProvider':
        return endByProvider(command, state)
      case 'SettleRevocation':
        if (state.status !== 'revoked' || state.revocation.status !== 'pending') return []
        return [{ type: 'RevocationSettled', data: { outcome: command.outcome, settledAt: command.now } }]
      case 'DelayRevocation': {
        if (state.status !== 'revoked' || state.revocation.status !== 'pending') return []
        const { httpStatus, nextAttemptAt, now } = command
        return [{ type: 'RevocationDelayed', data: { httpStatus, nextAttemptAt, at: now } }]
      }
    }
  },
}

function receiveTokens(command: ReceiveTokens, state: GrantState): readonly GrantFact[] {
  const { authorizationId, account, services, access, scopes, expiresAt, refreshDueAt, now } = command
  if (state.status !== 'none' && state.authorizationIds.includes(authorizationId)) return []
  const generation = state.status === 'none' ? 1 : state.generation + 1
  const received: GrantFact = {
    type: 'TokensReceived',
    data: {
      generation,
      authorizationId,
      account,
      services,
      access,
      scopes,
      ...(command.scopesUnknown ? { scopesUnknown: true } : {}),
      expiresAt,
      refreshDueAt,
      refreshTokenGeneration: command.refreshTokenIncluded ? generation : refreshTokenToKeep(state),
      receivedAt: now,
    },
  }
  if (state.status !== 'none') return [received]
  const { grantId, userId, issuer } = command
  return [{ type: 'GrantOpened', data: { grantId, userId, issuer, account, openedAt: now } }, received]
}

/** Google sends a refresh token only with a first or forced consent; the one we hold keeps working,
 * unless Google or the user has ended it. */
function refreshTokenToKeep(state: GrantState): number | null {
  if (state.status === 'none' || state.status === 'revoked') return null
  const dead = state.status === 'needs_reauthorization' && endsRefreshToken(state.reason)
  return dead ? null : state.refreshTokenGeneration
}

/** @throws DomainError `connection_not_found` for a service this grant never had. */
function disconnect(command: Disconnect, state: GrantState): readonly GrantFact[] {
  const connection = state.status === 'none' ? undefined : state.connections[command.service]
  if (state.status === 'none' || !connection) throw tokenErrors.connection_not_found()
  if (connection.disconnected !== null) return []
  const reason = command.by === 'user' ? 'revoked_by_user' : 'revoked_by_admin'
  const disconnected: GrantFact = {
    type: 'ConnectionDisconnected',
    data: { service: command.service, reason, disconnectedAt: command.now },
  }
  return isLast(command, state) ? [disconnected, revoked(command, state, reason)] : [disconnected]
}

/** Google revokes a whole project's access at once, so siblings keep the grant alive. */
function isLast(command: Disconnect, grant: Grant): boolean {
  return connectedServices(grant).every((connection) => connection.service === command.service)
}

function revoked(command: Disconnect, grant: Grant, reason: ConnectionReason): GrantFact {
  return {
    type: 'GrantRevoked',
    data: { generation: grant.generation, by: command.by, reason, revokedAt: command.now },
  }
}
