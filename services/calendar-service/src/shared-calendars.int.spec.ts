import { type Database, openDatabase, sqlOf } from '@evergrant/event-store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { CalendarService } from './service.ts'
import { type ConnectedUser, useCalendarWorld } from './testing.ts'

const day = { start: { date: '2026-03-01' }, end: { date: '2026-03-02' } }
const contacts = 'addressbook#contacts@group.v.calendar.google.com'

describe('calendars of others', () => {
  const world = useCalendarWorld()
  let service: CalendarService
  let database: Database

  beforeAll(async () => {
    database = await openDatabase({ url: world.database.url, applicationName: 'spec' })
    service = await world.start()
  })
  afterAll(() => database.close())

  const sync = (user: ConnectedUser) => world.sync(service, user)
  const lists = () => world.google().requests({ path: '/calendar/v3/users/me/calendarList' })
  const tokenAfter = async (user: ConnectedUser, path: string) => {
    const { accessToken } = world.google().issueTokens({
      email: user.email,
      scopes: ['https://www.googleapis.com/auth/calendar.readonly'],
    })
    const headers = { authorization: `Bearer ${accessToken}` }
    const list = await fetch(`${world.google().url}${path}?maxResults=2500&singleEvents=false`, { headers })
    world.google().clearRequests()
    return z.object({ nextSyncToken: z.string() }).parse(await list.json()).nextSyncToken
  }
  const aDayPasses = (user: ConnectedUser) =>
    sqlOf(database)(
      `update synced_resource set last_synced_at = last_synced_at - interval '1 day' where connection_id = $1`,
      [user.connectionId],
    )

  it('show their details for as long as one may see them; what was seen stays in the history (B7.88)', async () => {
    const user = world.newUser()
    const { email } = world.newUser()
    world.google().putEvent(email, { id: 'secret00', summary: 'Interview', location: 'Room 7', ...day })
    world.google().share(email, { email: user.email, accessRole: 'reader' })
    await world.connected(service, user)
    const event = async () => (await world.events(service, user))[0]
    expect(await event()).toMatchObject({ summary: 'Interview', location: 'Room 7' })

    world.google().share(email, { email: user.email, accessRole: 'freeBusyReader' })
    expect(await sync(user)).toMatchObject({ status: 'completed', counts: { upserted: 2 } })
    expect(await event()).toMatchObject({ id: 'secret00', ...day })
    expect(await event()).not.toHaveProperty('summary')
    expect(await event()).not.toHaveProperty('location')
    expect(await sync(user)).toMatchObject({ counts: { upserted: 0 } })
    const history = await world.all(service, '/v1/calendar/events/secret00/history', user.user)
    expect(history).toMatchObject([
      { changes: expect.arrayContaining([{ field: 'summary', before: 'Interview' }]) },
      { changes: expect.arrayContaining([{ field: 'summary', after: 'Interview' }]) },
    ])

    world.google().share(email, { email: user.email, accessRole: 'writer' })
    await sync(user)
    expect(await event()).toMatchObject({ summary: 'Interview', location: 'Room 7' })
  })

  it('are listed whole once a day, because a delta does not tell what their owners change (B7.85)', async () => {
    const user = world.newUser()
    const { email } = world.newUser()
    world.google().share(email, { email: user.email, accessRole: 'reader' })
    await world.connected(service, user)
    await sync(user)
    await aDayPasses(user)
    await sync(user)
    await sync(user)
    expect(lists().map(({ query }) => query.syncToken === undefined)).toEqual([false, true, false])
    expect(world.eventRequests().every(({ query }) => query.syncToken !== undefined)).toBe(true)
  })

  it('of contacts are listed whole once a day, because no delta tells of a deletion (B1.28)', async () => {
    const user = world.newUser()
    const id = `${user.user}${contacts}`
    world.google().addCalendar({ email: user.email, id, summary: 'Birthdays' })
    for (const each of ['alice000', 'bobby000']) world.google().putEvent(id, { id: each, ...day })
    await world.connected(service, user)
    world.google().deleteEvent(id, 'alice000')
    const path = `/calendar/v3/calendars/${encodeURIComponent(id)}/events`
    // The delta has nothing to tell, and neither has any after it.
    const quiet = { kind: 'calendar#events', items: [], nextSyncToken: await tokenAfter(user, path) }
    world.google().addFault({ path, status: 200, body: quiet })
    await sync(user)
    await sync(user)
    expect(await world.events(service, user)).toHaveLength(2)
    await aDayPasses(user)
    expect(await sync(user)).toMatchObject({ counts: { deleted: 1 } })
    expect(await world.events(service, user)).toMatchObject([{ id: 'bobby000' }])
    const own = world.eventRequests().filter((request) => request.path !== path)
    expect(own.every(({ query }) => query.syncToken !== undefined)).toBe(true)
  })
})
