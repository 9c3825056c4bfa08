import { type Database, openDatabase, sqlOf } from '@evergrant/event-store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CalendarService } from './service.ts'
import { type ConnectedUser, useCalendarWorld } from './testing.ts'

const day = { start: { date: '2026-03-01' }, end: { date: '2026-03-02' } }
const events = '/calendar/v3/calendars/*/events'

describe('what may happen between two pages and between two syncs', () => {
  const world = useCalendarWorld()
  let service: CalendarService
  let database: Database
  let afterPage: (() => void) | null = null

  beforeAll(async () => {
    database = await openDatabase({ url: world.database.url, applicationName: 'spec' })
    service = await world.start({
      crashPoint: (point) => {
        if (point !== 'page_committed') return
        afterPage?.()
        afterPage = null
      },
    })
  })
  afterAll(() => database.close())

  const synced = (user: ConnectedUser, mode = 'incremental') =>
    world.sync(service, user, { calendarId: user.calendarId(), mode })
  const summaries = async (user: ConnectedUser) => {
    const found = await world.events(service, user)
    return Object.fromEntries(found.map(({ id, summary }) => [id, summary]))
  }
  const changes = (user: ConnectedUser) => world.all(service, '/v1/calendar/changes?limit=200', user.user)
  /** The next answers about events, page by page. */
  const answers = (
    ...pages: readonly { readonly items: readonly object[]; readonly [token: string]: unknown }[]
  ) => {
    for (const [nr, body] of pages.entries()) {
      world
        .google()
        .addFault({ path: events, nth: nr + 1, status: 200, body: { kind: 'calendar#events', ...body } })
    }
  }

  it('is an event that a delta names twice: the later revision stays, and each is told once (B1.15)', async () => {
    const user = await world.connected(service)
    const early = { id: 'twice00', etag: '"1"', summary: 'early', updated: '2026-03-01T09:00:00Z', ...day }
    const late = { ...early, etag: '"2"', summary: 'late', updated: '2026-03-01T09:00:01Z' }
    answers(
      { items: [early], nextPageToken: 'P2' },
      { items: [], nextPageToken: 'P3' },
      { items: [late], nextSyncToken: 'T2' },
    )
    expect(await synced(user)).toMatchObject({ status: 'completed', counts: { pages: 3 } })
    expect(await summaries(user)).toEqual({ twice00: 'late' })
    expect((await changes(user)).map(({ eventId, etag }) => [eventId, etag])).toEqual([
      ['twice00', '"1"'],
      ['twice00', '"2"'],
    ])
  })

  it('is a change behind a page that was read already: the next delta brings it (B1.16)', async () => {
    const user = world.newUser()
    for (const id of ['aaaaa', 'bbbbb', 'ccccc'])
      world.google().putEvent(user.email, { id, summary: 'as it was', ...day })
    await world.connected(service, user)
    for (const id of ['aaaaa', 'bbbbb']) world.google().putEvent(user.email, { id, summary: 'once' })
    world.google().planPages([1, 1])
    afterPage = () =>
      world.google().putEvent(user.email, { id: 'aaaaa', summary: 'twice', start: { date: '2026-02-01' } })
    expect(await synced(user)).toMatchObject({ counts: { pages: 2 } })
    expect(await synced(user)).toMatchObject({ mode: 'incremental', counts: { upserted: 1 } })
    expect(await summaries(user)).toEqual({ aaaaa: 'twice', bbbbb: 'once', ccccc: 'as it was' })
  })

  it('is a token that expires between pages: everything is listed once, and nothing told twice (B1.18)', async () => {
    const user = world.newUser()
    for (const id of ['aaaaa', 'bbbbb', 'ccccc'])
      world.google().putEvent(user.email, { id, summary: 'old', ...day })
    await world.connected(service, user)
    for (const id of ['aaaaa', 'bbbbb']) world.google().putEvent(user.email, { id, summary: 'new' })
    world.google().deleteEvent(user.email, 'ccccc')
    world.google().planPages([1, 1, 1])
    world.google().addFault({ path: events, nth: 2, status: 410, reason: 'fullSyncRequired' })
    expect(await synced(user)).toMatchObject({ status: 'completed', mode: 'full' })
    expect(await summaries(user)).toEqual({ aaaaa: 'new', bbbbb: 'new' })
    expect(world.eventRequests().filter(({ query }) => !query.syncToken && !query.pageToken)).toHaveLength(1)
    expect((await changes(user)).slice(3).map(({ eventId, kind }) => [eventId, kind])).toEqual([
      ['aaaaa', 'upserted'],
      ['bbbbb', 'upserted'],
      ['ccccc', 'deleted'],
    ])
  })

  it('is a new version of ours that asks for something else: its first sync lists anew (B1.10)', async () => {
    const user = await world.connected(service)
    await sqlOf(database)(`update synced_resource set query_hash = 'another' where resource_id = $1`, [
      user.calendarId(),
    ])
    expect(await synced(user)).toMatchObject({ mode: 'full', counts: { upserted: 0, deleted: 0 } })
    expect(world.eventRequests().map(({ query }) => query.syncToken)).toEqual([undefined])
    expect(await synced(user)).toMatchObject({ mode: 'incremental' })
  })

  it('is a new list, over which an event keeps the history only we have (B1.22)', async () => {
    const user = world.newUser()
    world.google().putEvent(user.email, { id: 'noted00', summary: 'one', ...day })
    await world.connected(service, user)
    world.google().putEvent(user.email, { id: 'noted00', summary: 'two' })
    await synced(user)
    const history = () => world.all(service, '/v1/calendar/events/noted00/history', user.user)
    const before = await history()
    expect(before).toHaveLength(2)
    world.google().expireSyncTokens({ calendarId: user.email })
    expect(await synced(user)).toMatchObject({ mode: 'full' })
    expect(await history()).toEqual(before)
  })

  it('is somebody else who is let in, which expires the token at once, and loses nothing (B1.23)', async () => {
    const user = world.newUser()
    world.google().seedEvents(user.email, { count: 12, seed: 2 })
    await world.connected(service, user)
    const before = await changes(user)
    world.google().share(user.email, { email: world.newUser().email, accessRole: 'reader' })
    expect(await synced(user)).toMatchObject({ status: 'completed', mode: 'full', counts: { unchanged: 12 } })
    expect(await changes(user)).toEqual(before)
  })

  it('is a change that Google does not call an update: the etag tells, not the time (B1.30)', async () => {
    const user = await world.connected(service)
    const updated = '2026-03-01T09:00:00.000Z'
    const event = (etag: string, minutes: number) => ({
      id: 'remind0',
      etag,
      updated,
      reminders: { useDefault: false, overrides: [{ method: 'popup', minutes }] },
      ...day,
    })
    for (const [nr, minutes] of [10, 30].entries()) {
      answers({ items: [event(`"${nr}"`, minutes)], nextSyncToken: `T${nr}` })
      expect(await synced(user)).toMatchObject({ counts: { upserted: 1 } })
    }
    expect(await world.events(service, user)).toMatchObject([
      { updated, reminders: { overrides: [{ minutes: 30 }] } },
    ])
    expect(world.eventRequests().map(({ query }) => query.updatedMin)).toEqual([undefined, undefined])
  })
})
