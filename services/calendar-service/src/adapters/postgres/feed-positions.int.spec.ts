import { createPostgresEventStore, type Database, migrate, openDatabase, sqlOf } from '@evergrant/event-store'
import { systemClock } from '@evergrant/service-runtime'
import { useDatabase } from '@evergrant/stack/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrations } from '../../migrations/all.ts'
import { changesAfter, lastChange } from '../../projections/changes.ts'
import { itemChangesAfter, lastItemChange } from '../../projections/item-changes.ts'
import { logChanges } from './change-log.ts'
import { liftFeeds } from './feed-positions.ts'
import { logItemChanges } from './item-change-log.ts'

const connectionId = '018f0000-0000-7000-8000-000000000001'

describe('the feeds of a database that was put back to an earlier state', () => {
  const place = useDatabase({
    template: { name: 'calendar_service', migrate: (url) => migrate({ url, migrations }) },
  })
  let database: Database
  beforeAll(async () => {
    database = await openDatabase({ url: place.serviceUrl, applicationName: 'spec' })
    const sql = sqlOf(database)
    await log('known', 'before')
    const store = createPostgresEventStore({
      database,
      source: 'calendar-service',
      facts: {},
      projections: [],
      clock: systemClock,
    })
    await store.transaction(async (unit) => {
      await sqlOf(unit)(
        `insert into es.rewind (found_at, streams, publications, position_before, position_after)
          values (now(), 1, 1, 1, 2)`,
      )
      await liftFeeds(unit)
    })
    for (const user of ['known', 'new']) await log(user, 'after')
    expect(await sql('select user_id from change_position')).toHaveLength(2)
  })
  afterAll(() => database.close())

  const log = async (userId: string, name: string) => {
    const sql = sqlOf(database)
    const at = new Date()
    const cause = { kind: 'sync', by: 'sync-1' } as const
    const calendar = { calendarId: connectionId, connectionId, userId, at, cause }
    await logChanges(sql, calendar, [{ eventId: name, etag: null, cancelled: false, etagBefore: null }])
    const items = { service: 'gmail', resourceId: connectionId, connectionId, userId, at } as const
    await logItemChanges(sql, items, [{ itemId: name, revision: '1', deleted: true }])
  }

  /** From the time that was lost: more than there is now. */
  const cursor = 1_000_000

  it.each(['known', 'new'])(
    'give a %s user’s changes numbers above every cursor from before',
    async (userId) => {
      const query = { userId, after: cursor, limit: 10 }
      expect((await changesAfter(database, query)).map(({ eventId }) => eventId)).toEqual(['after'])
      const items = await itemChangesAfter(database, { ...query, service: 'gmail' })
      expect(items.map(({ itemId }) => itemId)).toEqual(['after'])
    },
  )

  it('go on densely from there', async () => {
    const [events, items] = [
      await lastChange(database, 'new'),
      await lastItemChange(database, 'new', 'gmail'),
    ]
    await log('new', 'later')
    expect(await lastChange(database, 'new')).toBe(events + 1)
    expect(await lastItemChange(database, 'new', 'gmail')).toBe(items + 1)
  })
})
