import { connectionIdOf } from '@evergrant/event-contracts'
import { entityManagerOf, type UnitOfWork } from '@evergrant/event-store'
import type { ConnectionState, Grant, GrantState } from '../domain/grant-state.ts'
import { UserOauthToken } from './user-oauth-token.ts'

/** Brings the rows of a grant's connections up to date; a fact that changes none of their columns leaves them alone. */
export async function writeUserOauthTokens(
  unit: UnitOfWork,
  { before, after: grant }: { readonly before: GrantState; readonly after: Grant },
  at: Date,
): Promise<void> {
  if (grant.generation === 0) return
  const rows = rowsOf(grant)
  if (before.status !== 'none' && JSON.stringify(rowsOf(before)) === JSON.stringify(rows)) return
  const written = rows.map((row) => ({ ...row, updatedAt: at }))
  await entityManagerOf(unit).upsertMany(UserOauthToken, written)
}

function rowsOf(grant: Grant) {
  return Object.values(grant.connections).map((connection) => rowOf(grant, connection))
}

function rowOf(grant: Grant, connection: ConnectionState) {
  const ended = connection.disconnected !== null || grant.status === 'revoked'
  const { refreshTokenGeneration } = grant
  return {
    id: connectionIdOf(grant.grantId, connection.service),
    userId: grant.userId,
    service: connection.service,
    accessToken: ended ? null : referenceTo(grant, 'access_token', grant.generation),
    refreshToken:
      ended || refreshTokenGeneration === null
        ? null
        : referenceTo(grant, 'refresh_token', refreshTokenGeneration),
    tokenExpiry: ended ? null : new Date(grant.expiresAt),
    scope: grant.scopesUnknown ? null : grant.scopes.join(' '),
    serviceUserId: grant.account.id,
    serviceEmail: grant.account.email,
    createdAt: new Date(connection.connectedAt),
  }
}

function referenceTo(grant: Grant, field: string, generation: number): string {
  return `vault:${grant.grantId}/${field}@${generation}`
}
