import { createPostgresEventStore, type Database, migrate, openDatabase, sqlOf } from '@evergrant/event-store'
import { systemClock } from '@evergrant/service-runtime'
import { useDatabase } from '@evergrant/stack/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { migrations } from '../../migrations/all.ts'
import { createStaleCopies } from './stale-copies.ts'

describe('copies that have grown old', () => {
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
      createStaleCopies(database).take(unit, { staleAfterMs: 60_000, backstopAfterMs: 900_000, mostWaiting }),
    )
  }
  const queued = async (due: readonly { readonly connectionId: string }[]) => {
    await sqlOf(database)(
      `insert into resource_run (run_id, resource_id, connection_id, state, mode, due_at)
       select gen_random_uuid(), id::uuid, id::uuid, 'queued', 'incremental', now()
         from jsonb_array_elements_text($1::jsonb) id`,
      [JSON.stringify(due.map(({ connectionId }) => connectionId))],
    )
  }

  it('are taken by connection, up to as many as may wait, less those that wait already, and it is said that there may be more', async () => {
    const first = await take(8)
    expect(first).toMatchObject({ isFull: true, due: { length: 8 } })
    await queued(first.due)
    expect(await take(8)).toEqual({ isFull: true, due: [] })
    const next = await take(12)
    expect(next).toMatchObject({ isFull: true, due: { length: 4 } })
    expect(first.due).not.toContainEqual(next.due[0])
    await queued(next.due)
    expect(await take(100)).toMatchObject({ isFull: false, due: { length: 8 } })
  })

  it('are not kept waiting by somebody whose calendars all wait', async () => {
    const [noisy] = (await take(1)).due
    await sqlOf(database)(
      `with r as (insert into synced_resource (resource_id, kind, connection_id, user_id, google_id)
         select gen_random_uuid(), 'calendar', $1, 'u', n::text from generate_series(1, 300) n returning resource_id)
       insert into resource_run (run_id, resource_id, connection_id, state, mode, due_at)
       select gen_random_uuid(), resource_id, $1, 'queued', 'incremental', now() from r`,
      [noisy?.connectionId],
    )
    expect(await take(100)).toMatchObject({ isFull: false, due: { length: 19 } })
  })

  /** One connection of a list and two calendars, each as it is told; and nothing else. */
  const one = async (list: Part, ...calendars: readonly Part[]) => {
    const sql = sqlOf(database)
    const [row] = await sql<{ id: string }>(
      "select resource_id as id from synced_resource where kind = 'calendar_list' limit 1",
    )
    const connectionId = row?.id ?? ''
    await sql('delete from synced_resource where resource_id <> $1', [connectionId])
    await sql(
      `insert into synced_resource (resource_id, kind, connection_id, user_id, google_id)
       select gen_random_uuid(), 'calendar', $1, 'u', n::text from generate_series(1, $2::int) n`,
      [connectionId, calendars.length],
    )
    const ids = await sql<{ id: string }>(
      "select resource_id as id from synced_resource where kind = 'calendar' order by google_id",
    )
    for (const [index, part] of [list, ...calendars].entries()) {
      await sql(
        `update synced_resource
            set last_synced_at = now() - $2::float8 * interval '1 second', failure_reason = $4,
                watched_until = now() + $3::float8 * interval '1 second'
          where resource_id = $1`,
        [index === 0 ? connectionId : ids[index - 1]?.id, part.age, part.watchedFor ?? null, part.failure],
      )
    }
    const [first, second] = ids
    return { connectionId, first: first?.id, second: second?.id }
  }

  it('are left alone while Google says what changes, until the backstop', async () => {
    const young = { age: 800, watchedFor: 3600 }
    await one(young, young)
    expect((await take(10)).due).toEqual([])
    const old = { age: 1000, watchedFor: 3600 }
    const { connectionId } = await one(old, young)
    expect((await take(10)).due).toEqual([{ connectionId, calendarId: null }])
  })

  it.each<[string, Part]>([
    ['which nobody watches', { age: 100 }],
    ['whose channel has ended', { age: 100, watchedFor: -1 }],
    ['which could not be synced', { age: 100, watchedFor: 3600, failure: 'google_unavailable' }],
    ['which was never synced', { age: null, watchedFor: 3600 }],
  ])('are asked for alone where they are calendars %s in a connection that is watched', async (_, part) => {
    const watched = { age: 100, watchedFor: 3600 }
    const { connectionId, second } = await one(watched, watched, part)
    expect((await take(10)).due).toEqual([{ connectionId, calendarId: second }])
  })

  it('are not asked for alone when their connection is asked for as a whole', async () => {
    const { connectionId } = await one({ age: 100 }, { age: 100 }, { age: 100 })
    expect((await take(10)).due).toEqual([{ connectionId, calendarId: null }])
  })

  it('are not asked for alone before their time has come, or while a sync of theirs is under way', async () => {
    const watched = { age: 10, watchedFor: 3600 }
    await one(watched, { age: 50 })
    expect((await take(10)).due).toEqual([])
    const { connectionId } = await one(watched, { age: 100 })
    expect((await take(10)).due).toHaveLength(1)
    await queued([{ connectionId }])
    expect((await take(10)).due).toEqual([])
  })
})

interface Part {
  /** Seconds since it was synced; null when it never was. */
  readonly age: number | null
  readonly watchedFor?: number
  readonly failure?: string
}
