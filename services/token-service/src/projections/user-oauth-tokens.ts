import { connectionIdOf } from '@evergrant/event-contracts'
import { type RowStatement, type UnitOfWork, writesOf } from '@evergrant/event-store'
import type { ConnectionState, Grant, GrantState } from '../domain/grant-state.ts'

const tokenRows: RowStatement = {
  columns: `id uuid, user_id text, service text, access_token text, refresh_token text, token_expiry timestamptz,
    scope text, service_user_id text, service_email text, created_at timestamptz, updated_at timestamptz`,
  text: (rows) => `
  insert into user_oauth_tokens (id, user_id, service, access_token, refresh_token, token_expiry, scope,
                                 service_user_id, service_email, created_at, updated_at)
  select id, user_id, service, access_token, refresh_token, token_expiry, scope, service_user_id, service_email,
         created_at, updated_at
    from ${rows}
  on conflict (id) do update
    set user_id = excluded.user_id, service = excluded.service, access_token = excluded.access_token,
        refresh_token = excluded.refresh_token, token_expiry = excluded.token_expiry, scope = excluded.scope,
        service_user_id = excluded.service_user_id, service_email = excluded.service_email,
        created_at = excluded.created_at, updated_at = excluded.updated_at`,
}

/** Brings the rows of a grant's connections up to date; a fact that changes none of their columns leaves them alone. */
export async function writeUserOauthTokens(
  unit: UnitOfWork,
  { before, after: grant }: { readonly before: GrantState; readonly after: Grant },
  at: Date,
): Promise<void> {
  if (grant.generation === 0) return
  const rows = rowsOf(grant)
  if (before.status !== 'none' && JSON.stringify(rowsOf(before)) === JSON.stringify(rows)) return
  await writesOf(unit)(
    rows.map((row) => ({ statement: tokenRows, row: { ...row, updated_at: at.toISOString() } })),
  )
}

function rowsOf(grant: Grant) {
  return Object.values(grant.connections).map((connection) => rowOf(grant, connection))
}

function rowOf(grant: Grant, connection: ConnectionState) {
  const ended = connection.disconnected !== null || grant.status === 'revoked'
  const { refreshTokenGeneration } = grant
  return {
    id: connectionIdOf(grant.grantId, connection.service),
    user_id: grant.userId,
    service: connection.service,
    access_token: ended ? null : referenceTo(grant, 'access_token', grant.generation),
    refresh_token:
      ended || refreshTokenGeneration === null
        ? null
        : referenceTo(grant, 'refresh_token', refreshTokenGeneration),
    token_expiry: ended ? null : grant.expiresAt,
    scope: grant.scopesUnknown ? null : grant.scopes.join(' '),
    service_user_id: grant.account.id,
    service_email: grant.account.email,
    created_at: connection.connectedAt,
  }
}

function referenceTo(grant: Grant, field: string, generation: number): string {
  return `vault:${grant.grantId}/${field}@${generation}`
}
