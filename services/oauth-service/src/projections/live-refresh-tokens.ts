import { missingScopes } from '@evergrant/event-contracts'
import {
  type Database,
  entityManagerOf,
  type Projection,
  type RecordedFact,
  type UnitOfWork,
} from '@evergrant/event-store'
import { defineEntity, p } from '@mikro-orm/postgresql'
import { type KnownGrantFact, knownGrantStream } from '../domain/known-grant.ts'

/** Which grants of a user still have a refresh token that works, as far as this service has heard. */
export const KnownGrant = defineEntity({
  name: 'KnownGrant',
  tableName: 'known_grant',
  properties: {
    grantId: p.uuid().primary(),
    userId: p.text().index(),
    email: p.text(),
    scopes: p.json<readonly string[]>(),
    refreshTokenLive: p.boolean(),
  },
})

/** For whom, which account if known, and what it must cover. */
export interface RefreshTokenWish {
  readonly userId: string
  readonly loginHint: string | null
  readonly scopes: readonly string[]
}

export const liveRefreshTokens: Projection = {
  name: 'live-refresh-tokens',
  apply: async (unit, recorded) => {
    const fact = recorded as RecordedFact<KnownGrantFact>
    const em = entityManagerOf(unit)
    switch (fact.type) {
      case 'RefreshTokenReceived': {
        const { grantId, userId, email, scopes } = fact.data
        await em.upsert(KnownGrant, { grantId, userId, email, scopes, refreshTokenLive: true })
        return
      }
      case 'RefreshTokenLost':
        await em.nativeUpdate(KnownGrant, { grantId: grantIdOf(fact.streamId) }, { refreshTokenLive: false })
        return
    }
  },
  forget,
}

/** Whether Google need not be asked for a new refresh token: a live one covers the wanted scopes. Without a hint every
 * grant the user has must do so: nobody knows yet which account will be chosen, and the one to repair is the likeliest. */
export async function hasLiveRefreshToken(
  database: Database,
  { userId, loginHint, scopes }: RefreshTokenWish,
): Promise<boolean> {
  const grants = await database.em().find(KnownGrant, { userId })
  const hinted = loginHint?.toLowerCase()
  const meant = hinted ? grants.filter(({ email }) => email.toLowerCase() === hinted) : grants
  const suffices = (grant: (typeof grants)[number]) =>
    grant.refreshTokenLive && missingScopes(scopes, grant.scopes).length === 0
  return meant.length > 0 && meant.every(suffices)
}

async function forget(unit: UnitOfWork, streamId: string): Promise<void> {
  if (!streamId.startsWith(knownGrantStream(''))) return
  await entityManagerOf(unit).nativeDelete(KnownGrant, { grantId: grantIdOf(streamId) })
}

function grantIdOf(streamId: string): string {
  return streamId.slice(knownGrantStream('').length)
}
