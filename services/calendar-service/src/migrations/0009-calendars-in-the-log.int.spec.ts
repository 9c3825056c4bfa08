import { calendarIdOf } from '@evergrant/event-contracts'
import {
  createPostgresEventStore,
  type Database,
  migrate,
  openDatabase,
  rebuildProjection,
  sqlOf,
} from '@evergrant/event-store'
import { systemClock } from '@evergrant/service-runtime'
import { useDatabase } from '@evergrant/stack/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { calendarFactCatalogue } from '../domain/fact-catalogue.ts'
import { rebuildable } from '../rebuildable.ts'
import { migrations as all } from './all.ts'

const name = '0009-calendars-in-the-log'
/** What comes after it is none of its business. */
const migrations = all.slice(0, all.findIndex((migration) => migration.name === name) + 1)
const id = (nr: number) => `01937e1c-6c55-7000-8000-00000000000${nr}`
const [list, otherList] = [id(1), id(2)]

describe('the log of a copy that was made before calendars were in it', () => {
  const place = useDatabase()
  let database: Database
  const sql = (text: string, params: readonly unknown[] = []) => sqlOf(database)(text, params)
  const seeded = async () => {
    const tables = ['calendar', 'calendar_event']
    const rows = []
    for (const table of tables) rows.push(await sql(`select t::text from ${table} t order by 1`))
    return rows
  }
  const rebuild = async () => {
    const facts = calendarFactCatalogue
    const store = createPostgresEventStore({
      ...{ database, source: 'calendar-service', facts, projections: [], clock: systemClock },
    })
    let wrong = 0
    for (const projection of rebuildable)
      wrong += (await rebuildProjection({ store, database, projection })).wrong
    return wrong
  }
  const listed = () => sql(`select from es.event where type = 'CalendarsListed'`)

  beforeAll(async () => {
    await migrate({ url: place.url, migrations: migrations.slice(0, -1) })
    database = await openDatabase({ url: place.url, applicationName: 'spec' })
    const calendars: [string, string, string | null][] = [
      [list, 'present@x', null],
      [list, 'older@x', '2026-01-02T03:04:05.678901Z'],
      [list, 'newer@x', '2026-02-02T03:04:05.678901Z'],
      [otherList, 'other@x', null],
    ]
    for (const connection of [list, otherList]) {
      await sql(
        `insert into synced_resource (resource_id, kind, connection_id, user_id, google_id)
         values ($1, 'calendar_list', $1, 'alice', 'calendarList')`,
        [connection],
      )
      await sql(
        `select es.append('calendar-list-' || $1, 'calendar-list', 'any', 0, $2, '{}', now(), '[]', null)`,
        [
          connection,
          JSON.stringify([{ type: 'GenerationOpened', schemaVersion: 1, data: { resourceId: connection } }]),
        ],
      )
    }
    for (const [connectionId, googleId, removedAt] of calendars) {
      const calendarId = calendarIdOf(connectionId, googleId)
      await sql(
        `insert into synced_resource (resource_id, kind, connection_id, user_id, google_id)
         values ($1, 'calendar', $2, 'alice', $3)`,
        [calendarId, connectionId, googleId],
      )
      const raw = { id: googleId, summary: googleId, etag: '"1"', primary: true, timeZone: 'UTC' }
      await sql(
        `insert into calendar (calendar_id, connection_id, user_id, google_id, summary, time_zone, is_primary, etag,
           list_generation, removed_at, raw) values ($1, $2, 'alice', $3, $3, 'UTC', true, '"1"', 3, $4, $5)`,
        [calendarId, connectionId, googleId, removedAt, raw],
      )
    }
    // An occurrence that was cancelled, and dropped because it is not any more; another one that still is.
    const calendarId = calendarIdOf(list, 'present@x')
    await sql(`select es.append('calendar-' || $1, 'calendar', 'any', 0, $2, '{}', now(), '[]', null)`, [
      calendarId,
      JSON.stringify([{ type: 'GenerationOpened', schemaVersion: 1, data: { resourceId: calendarId } }]),
    ])
    await sql(`insert into change_position values ('alice', 2), ('bob', 7)`)
    for (const [seq, event] of ['dropped', 'cancelled'].entries())
      await sql(
        `insert into calendar_change (user_id, seq, at, calendar_id, connection_id, event_id, kind, etag, event, recurring_event_id)
         values ('alice', $1, now(), $2, $3, $4, 'deleted', '"2"', $5, 'series')`,
        [seq + 1, calendarId, list, event, { id: event, status: 'cancelled' }],
      )
    await sql(
      `insert into calendar_event (calendar_id, event_id, etag, status, is_master, recurring_event_id, raw)
       values ($1, 'cancelled', '"2"', 'cancelled', false, 'series', '{"id": "cancelled", "status": "cancelled"}')`,
      [calendarId],
    )
    await migrate({ url: place.url, migrations })
  })
  afterAll(() => database.close())

  it('is completed: a rebuild finds nothing wrong, and brings back what is lost afterwards', async () => {
    const before = await seeded()
    expect(await rebuild()).toBe(0)
    await sql(`delete from calendar where google_id <> 'other@x'`)
    await sql(`update calendar set summary = null, removed_at = now()`)
    await sql('delete from calendar_event')
    expect(await rebuild()).toBe(5)
    expect(await seeded()).toEqual(before)
    expect(await sql('select user_id, last_seq::int from change_position order by 1')).toEqual([
      { user_id: 'alice', last_seq: 3 },
      { user_id: 'bob', last_seq: 7 },
    ])
  })

  it('is not completed twice', async () => {
    const before = await listed()
    expect(await migrate({ url: place.url, migrations, direction: 'down' })).toEqual([name])
    expect(await migrate({ url: place.url, migrations })).toEqual([name])
    expect(await listed()).toEqual(before)
    expect(await sql('select last_seq::int from change_position order by user_id')).toEqual([
      { last_seq: 3 },
      { last_seq: 7 },
    ])
  })
})
