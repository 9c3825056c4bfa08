import {
  type Access,
  type Account,
  grantIdOf,
  missingScopes,
  requiredScopes,
  type Service,
} from '@evergrant/event-contracts'

/** One row of a table that is adopted, its tokens opened and what Google says about them added. */
export interface LegacyRow {
  readonly rowId: string
  readonly userId: string
  readonly service: Service
  readonly account: Account
  /** null when neither the table nor Google could say. */
  readonly scopes: readonly string[] | null
  readonly expiresAt: Date
  readonly updatedAt: Date
  readonly accessToken: string | null
  readonly refreshToken: string | null
}

export interface LegacyGrant {
  readonly grantId: string
  readonly userId: string
  readonly account: Account
  readonly rowIds: readonly string[]
  readonly services: readonly Service[]
  readonly access: Access
  /** Names the same adoption again, so that a repeated one changes nothing. */
  readonly adoptionId: string
  /** Whose tokens are kept. */
  readonly chosen: LegacyRow
}

export const adoptionPrefix = 'legacy:'

/** Rows of one user and one account become one grant, which has one token set. The kept one can be refreshed, serves the
 * most services, and is the newest; what it does not cover shows as missing scopes. */
export function legacyGrants(rows: readonly LegacyRow[], issuer: string): LegacyGrant[] {
  const groups = Map.groupBy(rows, ({ userId, account }) => grantIdOf(userId, issuer, account.id))
  return [...groups].flatMap(([grantId, group]) => {
    const services = [...new Set(group.map(({ service }) => service))].sort()
    const [chosen] = group.toSorted((a, b) => worth(b, services) - worth(a, services) || newer(a, b))
    if (!chosen) return []
    return [
      {
        grantId,
        userId: chosen.userId,
        account: chosen.account,
        rowIds: group.map(({ rowId }) => rowId),
        services,
        access: accessOf(chosen.scopes, services),
        adoptionId: `${adoptionPrefix}${services.join('+')}`,
        chosen,
      },
    ]
  })
}

function worth({ refreshToken, scopes }: LegacyRow, services: readonly Service[]): number {
  const covered = services.filter((service) => covers(scopes, service, 'read')).length
  return (refreshToken === null ? 0 : 100) + covered
}

function newer(a: LegacyRow, b: LegacyRow): number {
  return b.updatedAt.getTime() - a.updatedAt.getTime()
}

function accessOf(scopes: LegacyRow['scopes'], services: readonly Service[]): Access {
  return services.every((service) => covers(scopes, service, 'readwrite')) ? 'readwrite' : 'read'
}

function covers(scopes: LegacyRow['scopes'], service: Service, access: Access): boolean {
  return scopes !== null && missingScopes(requiredScopes(service, access), scopes).length === 0
}
