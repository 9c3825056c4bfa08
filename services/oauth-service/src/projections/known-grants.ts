import {
  type Database,
  entityManagerOf,
  type Projection,
  type RecordedFact,
  type UnitOfWork,
} from '@evergrant/event-store'
import { defineEntity, p } from '@mikro-orm/postgresql'
import type { GrantOfUser } from '../domain/grants-of-user.ts'
import { type KnownGrantFact, knownGrantStream } from '../domain/known-grant.ts'

/** What this service has heard of every grant, and whether its refresh token still works. */
export const KnownGrant = defineEntity({
  name: 'KnownGrant',
  tableName: 'known_grant',
  properties: {
    grantId: p.uuid().primary(),
    userId: p.text().index(),
    email: p.text(),
    scopes: p.json<readonly string[]>(),
    refreshTokenLive: p.boolean(),
    receivedAt: p.datetime().columnType('timestamptz').nullable().index(),
    refreshTokenExpiresAt: p.datetime().columnType('timestamptz').nullable(),
  },
})

export const knownGrants: Projection = {
  // The name it was stored under first: progress of a rebuild is kept by name.
  name: 'live-refresh-tokens',
  apply: async (unit, recorded) => {
    const fact = recorded as RecordedFact<KnownGrantFact>
    const em = entityManagerOf(unit)
    switch (fact.type) {
      case 'GrantSeen': {
        const { grantId, userId, email } = fact.data
        const nothing = {
          scopes: [],
          refreshTokenLive: false,
          receivedAt: null,
          refreshTokenExpiresAt: null,
        }
        await em.upsert(KnownGrant, { grantId, userId, email, ...nothing })
        return
      }
      case 'RefreshTokenReceived': {
        const { grantId, userId, email, scopes, receivedAt, expiresAt } = fact.data
        await em.upsert(KnownGrant, {
          grantId,
          userId,
          email,
          scopes,
          refreshTokenLive: true,
          receivedAt: new Date(receivedAt),
          refreshTokenExpiresAt: expiresAt === undefined ? null : new Date(expiresAt),
        })
        return
      }
      case 'RefreshTokenLost':
        await em.nativeUpdate(KnownGrant, { grantId: grantIdOf(fact.streamId) }, { refreshTokenLive: false })
        return
    }
  },
  forget,
}

/** Every grant of a user this service has heard of, ended ones as well. */
export async function findGrantsOfUser(database: Database, userId: string): Promise<readonly GrantOfUser[]> {
  const rows = await database.em().find(KnownGrant, { userId }, { orderBy: { grantId: 'asc' } })
  return rows.map(({ grantId, email, refreshTokenLive, scopes, refreshTokenExpiresAt = null }) => ({
    grantId,
    email,
    refreshTokenLive,
    scopes,
    refreshTokenExpiresAt,
  }))
}

/** Whether the refresh token that came last has an end; null when none ever came. */
export async function newestRefreshTokenHasEnd(database: Database): Promise<boolean | null> {
  const [newest] = await database
    .em()
    .find(KnownGrant, { receivedAt: { $ne: null } }, { orderBy: { receivedAt: 'desc' }, limit: 1 })
  return newest ? newest.refreshTokenExpiresAt !== null : null
}

async function forget(unit: UnitOfWork, streamId: string): Promise<void> {
  if (!streamId.startsWith(knownGrantStream(''))) return
  await entityManagerOf(unit).nativeDelete(KnownGrant, { grantId: grantIdOf(streamId) })
}

function grantIdOf(streamId: string): string {
  return streamId.slice(knownGrantStream('').length)
}
