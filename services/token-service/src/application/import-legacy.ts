import type { Clock } from '@evergrant/decider'
import { connectionIdOf, type Service, services } from '@evergrant/event-contracts'
import type { FactMetadata } from '@evergrant/event-store'
import { connectionView } from '../domain/connection-view.ts'
import { evolveGrant } from '../domain/evolve-grant.ts'
import { grantDecider } from '../domain/grant.ts'
import type { ReceiveTokens } from '../domain/grant-commands.ts'
import type { Grant, GrantState } from '../domain/grant-state.ts'
import { adoptionPrefix, type LegacyGrant, type LegacyRow, legacyGrants } from '../domain/legacy-grant.ts'
import { refreshDueAt } from '../domain/refresh-timing.ts'
import type { HandleGrant } from './grant-commands.ts'
import type { Grants, Random, SecretVault, TokenInfo } from './ports.ts'

/** A row as the table has it; null where the table has nothing. */
export interface TableRow {
  readonly rowId: string
  readonly userId: string
  readonly service: string
  readonly accountId: string | null
  readonly email: string | null
  readonly scope: string | null
  readonly expiresAt: Date | null
  readonly updatedAt: Date | null
  readonly tokens: { readonly accessToken: string | null; readonly refreshToken: string | null }
}

export interface Adoption {
  readonly rowIds: readonly string[]
  readonly userId: string
  readonly services: readonly string[]
  readonly outcome: 'imported' | 'would_import' | 'already_imported' | 'already_connected' | 'refused'
  /** Why it was refused. */
  readonly reason: string | null
  readonly connections: readonly {
    readonly id: string
    readonly service: Service
    readonly status: string
    readonly reason: string | null
    readonly mustReconnect: boolean
  }[]
}

export interface ImportLegacyDeps {
  readonly handle: HandleGrant
  readonly grants: Pick<Grants, 'byId'>
  readonly vault: Pick<SecretVault, 'keep'>
  readonly tokenInfo: TokenInfo
  readonly issuer: string
  readonly publicUrl: string
  readonly clock: Clock
  readonly random: Random
}

/** Expired tokens of a whole table must not all be refreshed in the same minute. */
const spreadMs = 60 * 60 * 1000

/** A transaction each; vends need connections of the pool too. */
const atOnce = 4

/** Adopts rows of a table, all rows of a user at once. Tokens enter the vault in the transaction of their facts; a grant
 * that was imported before, or that a user has connected since, is left as it is. */
export async function importLegacy(
  deps: ImportLegacyDeps,
  table: readonly TableRow[],
  options: { readonly dryRun: boolean; readonly metadata: FactMetadata },
): Promise<Adoption[]> {
  const read = await Promise.all(table.map((row) => readRow(deps, row)))
  const rows = read.flatMap((answer) => ('row' in answer ? [answer.row] : []))
  const refused = read.flatMap((answer) => ('refused' in answer ? [answer.refused] : []))
  const grants = legacyGrants(rows, deps.issuer)
  const adopted: Adoption[] = []
  for (let at = 0; at < grants.length; at += atOnce) {
    const some = grants.slice(at, at + atOnce)
    adopted.push(...(await Promise.all(some.map((grant) => adopt(deps, grant, options)))))
  }
  return [...adopted, ...refused]
}

async function readRow(
  deps: ImportLegacyDeps,
  table: TableRow,
): Promise<{ readonly row: LegacyRow } | { readonly refused: Adoption }> {
  const { rowId, userId, tokens } = table
  const refused = (reason: string) => ({
    refused: {
      rowIds: [rowId],
      userId,
      services: [table.service],
      outcome: 'refused' as const,
      reason,
      connections: [],
    },
  })
  const service = services.find((known) => known === table.service)
  if (!service) return refused('unknown_service')
  if (tokens.accessToken === null && tokens.refreshToken === null) return refused('tokens_missing')

  const named = scopesIn(table.scope)
  const lacking = named === null || table.accountId === null || table.expiresAt === null
  const said = lacking && tokens.accessToken !== null ? await deps.tokenInfo.about(tokens.accessToken) : null
  const accountId = table.accountId ?? said?.accountId ?? null
  if (accountId === null) return refused('account_unknown')
  // Rows that were mixed up would lend one user another one's data.
  if ((said?.accountId ?? accountId) !== accountId) return refused('account_mismatch')
  return {
    row: {
      rowId,
      userId,
      service,
      account: { id: accountId, email: table.email ?? said?.email ?? '' },
      scopes: named ?? said?.scopes ?? null,
      // What nobody knows is best taken as over: a refresh tells.
      expiresAt:
        tokens.accessToken === null ? new Date(0) : (table.expiresAt ?? said?.expiresAt ?? new Date(0)),
      updatedAt: table.updatedAt ?? new Date(0),
      ...tokens,
    },
  }
}

/** Blank is what careless writers left where they knew nothing; it does not say "no scopes". */
function scopesIn(scope: string | null): readonly string[] | null {
  const scopes = (scope ?? '').split(/[\s,]+/).filter((word) => word !== '')
  return scopes.length === 0 ? null : scopes
}

async function adopt(
  deps: ImportLegacyDeps,
  legacy: LegacyGrant,
  { dryRun, metadata }: { readonly dryRun: boolean; readonly metadata: FactMetadata },
): Promise<Adoption> {
  const existing = (await deps.grants.byId(legacy.grantId))?.grant
  if (existing) {
    const ours = existing.authorizationIds.every((id) => id.startsWith(adoptionPrefix))
    if (!ours) return tell(deps, legacy, existing, 'already_connected')
    if (existing.authorizationIds.includes(legacy.adoptionId)) {
      return tell(deps, legacy, existing, 'already_imported')
    }
  }
  const command = commandFor(deps, legacy)
  if (dryRun) {
    const before: GrantState = existing ?? { status: 'none' }
    const after = grantDecider.decide(command, before).reduce(evolveGrant, before)
    return tell(deps, legacy, after, 'would_import')
  }
  const { grantId, userId, chosen } = legacy
  const { accessToken, refreshToken } = chosen
  const { state } = await deps.handle({
    grantId,
    metadata,
    command,
    alongside: async (unit, _facts, after) => {
      if (after.status === 'none') return
      await deps.vault.keep(unit, {
        grantId,
        userId,
        generation: after.generation,
        accessToken,
        refreshToken,
      })
    },
  })
  return tell(deps, legacy, state, 'imported')
}

function commandFor({ clock, random, issuer }: ImportLegacyDeps, legacy: LegacyGrant): ReceiveTokens {
  const { grantId, userId, account, adoptionId, access, chosen } = legacy
  const now = clock.now()
  const soon = new Date(now.getTime() + random() * spreadMs)
  const planned = refreshDueAt({ from: now, expiresAt: chosen.expiresAt, jitter: random() })
  const due = chosen.expiresAt <= now || chosen.scopes === null ? soon : planned
  return {
    type: 'ReceiveTokens',
    now: now.toISOString(),
    grantId,
    userId,
    issuer,
    account,
    authorizationId: adoptionId,
    services: legacy.services,
    access,
    scopes: chosen.scopes ?? [],
    ...(chosen.scopes === null ? { scopesUnknown: true } : {}),
    expiresAt: chosen.expiresAt.toISOString(),
    refreshDueAt: due.toISOString(),
    refreshTokenIncluded: chosen.refreshToken !== null,
  }
}

function tell(
  deps: ImportLegacyDeps,
  { rowIds, userId, services: wanted, grantId }: LegacyGrant,
  state: GrantState,
  outcome: Adoption['outcome'],
): Adoption {
  return {
    rowIds,
    userId,
    services: wanted,
    outcome,
    reason: null,
    connections: state.status === 'none' ? [] : wanted.flatMap((service) => viewOf(deps, state, service)),
  }

  function viewOf({ clock, publicUrl }: ImportLegacyDeps, grant: Grant, service: Service) {
    const view = connectionView(grant, service, { now: clock.now(), publicUrl, lastUsedAt: null })
    const { status, reason } = view ?? { status: 'disconnected', reason: 'not_connected' }
    const mustReconnect =
      status === 'needs_reauthorization' ||
      status === 'missing_scopes' ||
      status === 'disconnected' ||
      reason === 'refresh_token_missing'
    return [{ id: connectionIdOf(grantId, service), service, status, reason, mustReconnect }]
  }
}
