import {
  createPostgresEventStore,
  type Database,
  openDatabase,
  type RebuildProgress,
  rebuildProjection,
  sqlOf,
} from '@evergrant/event-store'
import { systemClock } from '@evergrant/service-runtime'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { calendarFactCatalogue } from './domain/fact-catalogue.ts'
import { rebuildable } from './rebuildable.ts'
import type { CalendarService } from './service.ts'
import { type ConnectedUser, useCalendarWorld } from './testing.ts'

const readModels = [
  'known_connection',
  'sync_status',
  'event_write',
  'calendar',
  'calendar_event',
  'google_item',
]

describe('the copy of what Google has, rebuilt from the log', () => {
  const world = useCalendarWorld()
  let service: CalendarService
  let database: Database
  let user: ConnectedUser
  let team: string

  const sql = <Row>(text: string, params: readonly unknown[] = []) => sqlOf(database)<Row>(text, params)
  const snapshot = async () => {
    const rows = []
    for (const table of readModels)
      rows.push([table, await sql(`select t::text as row from ${table} t order by 1`)])
    return Object.fromEntries(rows)
  }
  const openStore = () =>
    createPostgresEventStore({
      ...{ database, source: 'calendar-service', facts: calendarFactCatalogue, projections: [] },
      clock: systemClock,
    })
  const rebuild = async (options: { readonly dryRun?: boolean } = {}) => {
    const store = openStore()
    const results: Record<string, RebuildProgress> = {}
    for (const projection of rebuildable)
      results[projection.name] = await rebuildProjection({ store, database, projection, ...options })
    return results
  }
  const wrong = (results: Record<string, RebuildProgress>) =>
    Object.fromEntries(Object.entries(results).map(([name, result]) => [name, result.wrong]))
  const nothing = Object.fromEntries(rebuildable.map(({ name }) => [name, 0]))
  const day = (date: string, more: object = {}) => ({
    start: { dateTime: `${date}T09:00:00Z`, timeZone: 'UTC' },
    end: { dateTime: `${date}T10:00:00Z`, timeZone: 'UTC' },
    ...more,
  })
  const occurrence = (master: string, date: string, more: object) => ({
    id: `${master}_${date.replaceAll('-', '')}T090000Z`,
    recurringEventId: master,
    originalStartTime: { dateTime: `${date}T09:00:00Z`, timeZone: 'UTC' },
    ...day(date, more),
  })

  /** Series with exceptions, deletions, a generation swap, a calendar that went, one that was renamed, and writes of our own. */
  const liveCalendars = async () => {
    const google = world.google()
    user = world.newUser()
    google.seedEvents(user.email, { count: 20, seed: 7 })
    for (const id of ['weekly1', 'weekly2'])
      google.putEvent(user.email, day('2026-03-02', { id, recurrence: ['RRULE:FREQ=WEEKLY;COUNT=9'] }))
    google.putEvent(user.email, occurrence('weekly1', '2026-03-09', { summary: 'Moved' }))
    for (const master of ['weekly1', 'weekly2'])
      google.putEvent(user.email, occurrence(master, '2026-03-16', { status: 'cancelled' }))
    google.putUncheckedEvent(user.email, { id: 'odd', summary: 'a\u0000b', status: 'perhaps' })
    team = google.addCalendar({ email: user.email, summary: 'Team \u0000 x' }).id
    google.putEvent(team, day('2026-04-01', { id: 'team1' }))
    const shared = google.addCalendar({ email: world.newUser().email, summary: 'Shared' }).id
    google.share(shared, { email: user.email, accessRole: 'reader' })
    google.putEvent(shared, day('2026-04-02', { id: 'shared1' }))
    await world.connected(service, user)

    google.share(shared, { email: user.email, accessRole: 'none' })
    google.putEvent(user.email, day('2026-05-01', { id: 'later1' }))
    google.deleteEvent(user.email, 'weekly2')
    await world.sync(service, user)
    google.deleteEvent(user.email, 'later1')
    google.putEvent(user.email, day('2026-05-02', { id: 'later2' }))
    google.expireSyncTokens({ calendarId: user.email })
    google.planPages([10, 10, 10])
    await world.sync(service, user, { calendarId: user.calendarId() })
    google.planPages([])
    google.expireSyncTokens({ calendarListOf: user.email })
    await world.sync(service, user)
    const as = (method: string, path: string, body: object) =>
      world.call(service, `/v1/calendar/events${path}`, { sub: user.user, method, body })
    const made = await as('POST', '', { calendarId: user.calendarId(), ...day('2026-06-01') })
    expect(made.status, made.text).toBe(201)
    const patched = await as('PATCH', `/${made.body.id}`, { summary: 'Ours' })
    expect(patched.status, patched.text).toBe(200)
  }
  const liveMailbox = async () => {
    const google = world.google()
    const reader = world.newUser(undefined, 'gmail')
    google.seedMessages(reader.email, { count: 12, seed: 3 })
    await world.connected(service, reader)
    const [first = '', second = ''] = (await mail(reader)).map(({ id }) => id ?? '')
    google.labelMessage(reader.email, first, { add: ['STARRED'] })
    google.deleteMessage(reader.email, second)
    google.addMessage(reader.email, { id: 'new', subject: 'Fresh PAINT' })
    google.expireHistory(reader.email)
    await world.sync(service, reader, { connectionId: reader.connectionId })
  }
  const mail = (reader: ConnectedUser) => world.all(service, '/v1/gmail/messages?limit=200', reader.user)
  /** A shared drive that was left, one that is there, and files that went. */
  const liveDrive = async () => {
    const google = world.google()
    const owner = world.newUser(undefined, 'drive')
    google.seedFiles(owner.email, { count: 8, seed: 5 })
    const [left, kept] = ['Left', 'Kept'].map((name) =>
      google.addSharedDrive({ name, members: [owner.email] }),
    )
    for (const drive of [left, kept])
      for (const nr of [1, 2])
        google.putFile(drive?.id ?? '', { id: `${drive?.id}-${nr}`, name: `Plan ${nr}` })
    google.putFile(owner.email, { id: 'gone', name: 'Gone' })
    await world.connected(service, owner)
    google.removeFile(owner.email, 'gone')
    google.putFile(kept?.id ?? '', { id: `${kept?.id}-1`, name: 'Better PLAN' })
    google.shareDrive(left?.id ?? '', { email: owner.email, role: 'none' })
    await world.sync(service, owner, { connectionId: owner.connectionId })
  }

  beforeAll(async () => {
    service = await world.start()
    database = await openDatabase({ url: world.database.serviceUrl, applicationName: 'spec' })
    await liveCalendars()
    await liveMailbox()
    await liveDrive()
  })
  afterAll(() => database.close())

  it('is what it was, table by table, although rows were lost, changed and made up, and nobody asked Google', async () => {
    const before = await snapshot()
    for (const table of readModels) expect(before[table], table).not.toEqual([])
    // The copy has met what is hard about it: what went, and an occurrence that was dropped.
    expect(await sql('select from calendar where removed_at is not null')).toHaveLength(1)
    expect(await sql('select from calendar_change where event is null')).not.toEqual([])
    world.google().clearRequests()
    const vends = world.vends().length
    expect(wrong(await rebuild({ dryRun: true }))).toEqual(nothing)

    await sql(`update known_connection set status = 'paused', reason = 'damaged'`)
    await sql(`update sync_status set status = 'failed', pages = 99 where cause = 'user'`)
    await sql(`delete from sync_status where cause = 'token-issued'`)
    await sql(`update event_write set status = 'in_doubt', looked_at = null`)
    await sql(`delete from calendar where google_id = $1`, [team])
    await sql(`update calendar set summary = 'damaged', time_zone = null, raw = '{}', removed_at = null`)
    await sql(`delete from calendar_event where is_master or event_id like 'team%'`)
    await sql(`update calendar_event set starts_at = now(), raw = raw - 'start' where event_id like '%1%'`)
    await sql(`update calendar_event set status = 'confirmed' where status = 'cancelled'`)
    await sql(
      `insert into calendar_event (calendar_id, event_id, status, is_master, raw) values ($1, 'made-up', 'confirmed', false, '{}')`,
      [user.calendarId()],
    )
    await sql(`delete from google_item where item_id like '%1%'`)
    await sql(`update google_item set facets = '{}', at_ms = 0 where item_id like '%2%'`)
    await sql(`update google_item set resource_id = connection_id, raw = '{}' where service = 'drive'`)
    const damaged = await snapshot()
    const found = await rebuild({ dryRun: true })
    for (const [name, count] of Object.entries(wrong(found))) expect(count, name).toBeGreaterThan(0)
    expect(await snapshot()).toEqual(damaged)
    await rebuild()
    expect(await snapshot()).toEqual(before)
    expect(wrong(await rebuild())).toEqual(nothing)
    expect(world.google().requests({})).toEqual([])
    expect(world.vends()).toHaveLength(vends)
  })

  it('drops rows without news: the feed is silent, and the calendar read as it is now is the copy', async () => {
    const changes = await world.all(service, '/v1/calendar/changes?limit=200', user.user)
    const ids = async (query = '') =>
      (await world.events(service, user, `&showCancelled=true${query}`)).map(({ id }) => id).toSorted()
    expect(await ids(`&asOf=${new Date().toISOString()}`)).toEqual(await ids())
    const dropped = 'weekly2_20260316T090000Z'
    expect(changes.filter(({ eventId }) => eventId === dropped)).toMatchObject([{ kind: 'deleted' }])
    expect(await ids()).not.toContain(dropped)
  })

  it('goes on from there: the next sync is incremental and has nothing to repair', async () => {
    await sql('delete from calendar_event')
    await rebuild()
    world.google().putEvent(user.email, day('2026-07-01', { id: 'after1' }))
    expect(await world.sync(service, user)).toMatchObject({
      status: 'completed',
      mode: 'incremental',
      counts: { upserted: 1, deleted: 0 },
    })
    expect(wrong(await rebuild({ dryRun: true }))).toEqual(nothing)
  })

  it.each([
    ['calendars', 'synced_resource'],
    ['calendar-events', 'synced_resource'],
    ['google-items', 'synced_resource'],
    ['sync-status', 'sync_status'],
  ])(
    '%s waits for whoever holds %s, as every writer of it does, before it holds anything',
    async (name, table) => {
      const projection = rebuildable.find((each) => each.name === name)
      if (!projection) throw new Error(`no projection ${name}`)
      let finished = false
      let rebuilding: Promise<unknown> | undefined
      await openStore().transaction(async (unit) => {
        const inside = sqlOf(unit)
        await inside(`select from ${table} for update`)
        rebuilding = rebuildProjection({ store: openStore(), database, projection }).finally(() => {
          finished = true
        })
        const waiting = async () =>
          (
            await sql(
              `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
            )
          ).length
        await expect.poll(async () => finished || (await waiting()) > 0).toBe(true)
        expect(finished).toBe(false)
        await inside('select from es.stream where type = any($1::text[]) for update nowait', [
          projection.streamTypes,
        ])
      })
      await rebuilding
    },
  )

  it('may be rebuilt while syncs run: neither keeps the other from being right', async () => {
    const google = world.google()
    const [reader, owner] = [world.newUser(undefined, 'gmail'), world.newUser(undefined, 'drive')]
    google.seedMessages(reader.email, { count: 10, seed: 3 })
    google.seedFiles(owner.email, { count: 10, seed: 5 })
    await world.connected(service, reader)
    await world.connected(service, owner)
    let syncing = true
    const rounds = async () => {
      for (let round = 0; round < 6; round++) {
        google.putEvent(user.email, day('2026-08-01', { id: `round${round}`, summary: `Round ${round}` }))
        google.putEvent(user.email, day('2026-08-01', { id: 'again1', summary: `Again ${round}` }))
        if (round % 2 === 1) google.deleteEvent(user.email, `round${round - 1}`)
        google.addMessage(reader.email, { id: `round${round}`, subject: `Round ${round}` })
        google.putFile(owner.email, { id: 'again', name: `Again ${round}` })
        if (round % 3 === 2) google.expireSyncTokens({ calendarId: user.email })
        if (round % 3 === 1) google.expireHistory(reader.email)
        const syncs = [user, reader, owner].map((who) =>
          world.sync(service, who, { connectionId: who.connectionId }),
        )
        for (const sync of await Promise.all(syncs)) expect(sync).toMatchObject({ status: 'completed' })
      }
    }
    const done = rounds().finally(() => {
      syncing = false
    })
    do {
      expect(wrong(await rebuild())).toEqual(nothing)
    } while (syncing)
    await done
    const now = await world.events(service, user)
    expect(now.find(({ id }) => id === 'again1')).toMatchObject({ summary: 'Again 5' })
  })
})
