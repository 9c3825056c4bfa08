import {
  type Database,
  entityManagerOf,
  type Projection,
  type RecordedFact,
  type UnitOfWork,
} from '@evergrant/event-store'
import { defineEntity, p } from '@mikro-orm/postgresql'
import { authorizationStream } from '../domain/authorization.ts'
import type { AuthorizationFact } from '../domain/authorization-facts.ts'

/** Which authorizations are open, and until when: those whose time is over are ended by the clock. */
export const AuthorizationDue = defineEntity({
  name: 'AuthorizationDue',
  tableName: 'authorization_due',
  properties: {
    authorizationId: p.uuid().primary(),
    dueAt: p.datetime().columnType('timestamptz').index(),
  },
})

export const authorizationsDue: Projection = {
  name: 'authorizations-due',
  apply: async (unit, recorded) => {
    const fact = recorded as RecordedFact<AuthorizationFact>
    switch (fact.type) {
      case 'AuthorizationRequested':
      case 'BrowserBound':
      case 'ConsentRepeated':
        return setDue(unit, fact.streamId, fact.data.expiresAt)
      case 'CallbackReceived':
        return setDue(unit, fact.streamId, fact.data.outcomeDueAt)
      case 'AuthorizationGranted':
      case 'AuthorizationDenied':
      case 'AuthorizationFailed':
      case 'AuthorizationExpired':
        return remove(unit, fact.streamId)
    }
  },
  forget: remove,
}

/** The ids of open authorizations whose time was over at `now`, longest overdue first. */
export async function findAuthorizationsDue(
  database: Database,
  now: Date,
  limit: number,
): Promise<readonly string[]> {
  const rows = await database
    .em()
    .find(AuthorizationDue, { dueAt: { $lte: now } }, { orderBy: { dueAt: 'asc' }, limit })
  return rows.map(({ authorizationId }) => authorizationId)
}

async function setDue(unit: UnitOfWork, streamId: string, dueAt: string): Promise<void> {
  const row = { authorizationId: authorizationIdOf(streamId), dueAt: new Date(dueAt) }
  await entityManagerOf(unit).upsert(AuthorizationDue, row)
}

async function remove(unit: UnitOfWork, streamId: string): Promise<void> {
  if (!streamId.startsWith(authorizationStream(''))) return
  await entityManagerOf(unit).nativeDelete(AuthorizationDue, {
    authorizationId: authorizationIdOf(streamId),
  })
}

function authorizationIdOf(streamId: string): string {
  return streamId.slice(authorizationStream('').length)
}
