import type { ErrorAction } from '@evergrant/decider'
import { connectionIdOf, missingScopes, type Service, scopesForService } from '@evergrant/event-contracts'
import { type Standing, standingOf } from './connection-view.ts'
import { tokenErrors } from './errors.ts'
import type { Grant } from './grant-state.ts'
import { isUsable } from './refresh-timing.ts'
import { consoleUrl, remedyFor } from './remedies.ts'
import { canonicalScopes } from './scope-names.ts'

export interface VendRequest {
  readonly minValiditySeconds: number
  readonly requiredScopes: readonly string[]
  /** The generation whose token Google has just refused with 401; null when none was. */
  readonly rejectedGeneration: number | null
}

/** A token this young was refused for a reason a younger one would not cure; asking again must not spin. */
const tooYoungToReplaceMs = 30_000

export type VendDecision =
  /** `refreshDue`: serve now and refresh behind the caller's back. */
  { readonly kind: 'serve'; readonly refreshDue: boolean } | { readonly kind: 'refresh_first' }

/** Whether a caller gets the token that is there, or has to wait for a new one. Pure.
 * @throws DomainError `needs_reauthorization` or `missing_scopes`, each with the action that helps. */
export function decideVend(
  grant: Grant,
  service: Service,
  request: VendRequest,
  context: { readonly googleNow: Date; readonly publicUrl: string },
): VendDecision {
  const standing = standingOf(grant, service, context.googleNow)
  if (!standing) throw tokenErrors.connection_not_found()
  const { status, reason } = standing
  const usable = isUsable(grant.expiresAt, context.googleNow, request.minValiditySeconds)
  // Lost is only the way to the next token; this one was never taken back.
  const lastOne = reason === 'rotation_lost' && usable
  if ((status === 'disconnected' || status === 'needs_reauthorization') && !lastOne) {
    throw tokenErrors.needs_reauthorization({
      ...remedyIn(grant, service, { status, reason }, context.publicUrl),
      extensions: { reason },
    })
  }
  refuseMissingScopes(grant, service, request, context.publicUrl)
  if (usable && !isRejected(grant, request, context.googleNow)) {
    const due = Date.parse(grant.refreshDueAt) <= context.googleNow.getTime()
    return { kind: 'serve', refreshDue: due && !lastOne }
  }
  return { kind: 'refresh_first' }
}

/** What its date promises is not what Google says: only a refresh finds out whether the grant still lives. */
function isRejected(grant: Grant, { rejectedGeneration }: VendRequest, googleNow: Date): boolean {
  if (rejectedGeneration !== grant.generation || grant.refreshTokenGeneration === null) return false
  const bornAt = grant.lastRefreshedAt
  return bornAt === null || googleNow.getTime() - Date.parse(bornAt) > tooYoungToReplaceMs
}

function refuseMissingScopes(grant: Grant, service: Service, request: VendRequest, publicUrl: string): void {
  if (grant.scopesUnknown) return
  const { requiredScopes } = request
  // Without a wish of the caller's own, a token that can do nothing for the service is no token for it.
  const useless = requiredScopes.length === 0 && scopesForService(service, grant.scopes).length === 0
  const missing =
    requiredScopes.length === 0
      ? []
      : missingScopes(canonicalScopes(requiredScopes), canonicalScopes(grant.scopes))
  if (missing.length === 0 && !useless) return
  throw tokenErrors.missing_scopes({
    ...remedyIn(grant, service, { status: 'missing_scopes', reason: null }, publicUrl),
    extensions: { missingScopes: missing },
  })
}

function remedyIn(
  grant: Grant,
  service: Service,
  standing: Pick<Standing, 'status' | 'reason'>,
  publicUrl: string,
): { action?: ErrorAction } {
  const url = consoleUrl(publicUrl, service, connectionIdOf(grant.grantId, service))
  const action = remedyFor(standing, url)
  if (action === null) return {}
  // zod's optional members may be present as undefined; the error's may not.
  const { url: where, ...rest } = action
  return { action: where === undefined ? rest : { ...rest, url: where } }
}
