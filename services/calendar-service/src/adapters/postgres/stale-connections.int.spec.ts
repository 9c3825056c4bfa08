import { createPostgresEventStore, type Database, migrate, openDatabase, sqlOf } from '@evergrant/event-store'
import { systemClock } from '@evergrant/service-runtime'
import { useDatabase } from '@evergrant/stack/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { migrations } from '../../migrations/all.ts'
import { createStaleConnections } from './stale-connections.ts'

describe('connections whose copy has grown old', () => {
  const place = useDatabase({
    template: { name: 'calendar_service', migrate: (url) => migrate({ url, migrations }) },
  })
  let database: Database
  beforeAll(async () => {
    database = await openDatabase({ url: place.serviceUrl, applicationName: 'spec' })
  })
  afterAll(() => database.close())
  beforeEach(async () => {
    const sql = sqlOf(database)
    for (const table of ['resource_run', 'synced_resource', 'known_connection'])
      await sql(`delete from ${table}`)
    await sql(
      `with c as (insert into known_connection (connection_id, stream_id, user_id, grant_id, account_email, service, status, changed_at)
         select gen_random_uuid(), 's' || n, 'u' || n, gen_random_uuid(), n || '@example.com', 'calendar', 'active', now()
           from generate_series(1, 20) n returning connection_id)
       insert into synced_resource (resource_id, kind, connection_id, user_id, google_id, last_synced_at)
       select connection_id, 'calendar_list', connection_id, 'u', 'calendarList', now() - interval '1 hour' from c`,
    )
  })

  const take = (mostWaiting: number) => {
    const store = createPostgresEventStore({
      database,
      source: 'spec',
      facts: {},
      projections: [],
      clock: systemClock,
    })
    return store.transaction((unit) =>
      createStaleConnections(database).take(unit, { staleAfterMs: 60_000, mostWaiting }),
    )
  }
  const queued = async (connectionIds: readonly string[]) => {
    await sqlOf(database)(
      `insert into resource_run (run_id, resource_id, connection_id, state, mode, due_at)
       select gen_random_uuid(), id::uuid, id::uuid, 'queued', 'incremental', now()
         from jsonb_array_elements_text($1::jsonb) id`,
      [JSON.stringify(connectionIds)],
    )
  }

  it('are taken up to as many as may wait, less those that wait already, and it is said that there may be more', async () => {
    const first = await take(8)
    expect(first).toMatchObject({ isFull: true, connectionIds: { length: 8 } })
    await queued(first.connectionIds)
    expect(await take(8)).toEqual({ isFull: true, connectionIds: [] })
    const next = await take(12)
    expect(next).toMatchObject({ isFull: true, connectionIds: { length: 4 } })
    expect(first.connectionIds).not.toEqual(expect.arrayContaining([next.connectionIds[0]]))
    await queued(next.connectionIds)
    expect(await take(100)).toMatchObject({ isFull: false, connectionIds: { length: 8 } })
  })

  it('are not kept waiting by somebody whose calendars all wait', async () => {
    const [noisy = ''] = (await take(1)).connectionIds
    await sqlOf(database)(
      `with r as (insert into synced_resource (resource_id, kind, connection_id, user_id, google_id)
         select gen_random_uuid(), 'calendar', $1, 'u', n::text from generate_series(1, 300) n returning resource_id)
       insert into resource_run (run_id, resource_id, connection_id, state, mode, due_at)
       select gen_random_uuid(), resource_id, $1, 'queued', 'incremental', now() from r`,
      [noisy],
    )
    expect(await take(100)).toMatchObject({ isFull: false, connectionIds: { length: 19 } })
  })
})
