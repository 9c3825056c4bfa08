import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Database, openDatabase, sqlOf } from '@evergrant/event-store'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CalendarService } from './service.ts'
import { type ConnectedUser, useCalendarWorld } from './testing.ts'

const holidays = 'en.german#holiday@group.v.calendar.google.com'
const day = { start: { date: '2026-03-01' }, end: { date: '2026-03-02' } }

describe('push', () => {
  const world = useCalendarWorld()
  let service: CalendarService
  let database: Database
  let gateway: Server
  let told: IncomingHttpHeaders[] = []

  const sendOn = (headers: IncomingHttpHeaders, body?: string) =>
    fetch(`${service.url}/v1/google/notifications`, {
      method: 'POST',
      headers: Object.fromEntries(
        Object.entries(headers).filter(([name]) => name.startsWith('x-goog-') || name === 'content-type'),
      ) as Record<string, string>,
      ...(body === undefined ? {} : { body }),
    })

  beforeAll(async () => {
    gateway = createServer(async (request, response) => {
      told.push(request.headers)
      const answer = await sendOn(request.headers)
      response.writeHead(answer.status).end()
    })
    gateway.listen(0, '127.0.0.1')
    await once(gateway, 'listening')
    const publicUrl = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`
    world.google().configurePush({ syncFirst: true })
    service = await world.start({ publicUrl, pollEveryMs: 150 })
    database = await openDatabase({ url: world.database.url, applicationName: 'spec' })
  })
  beforeEach(() => {
    told = []
  })
  afterAll(async () => {
    await database.close()
    gateway.close()
    await once(gateway, 'close')
  })

  const rows = (user: ConnectedUser) =>
    sqlOf(database)<{ id: string; resourceId: string; state: string }>(
      `select channel_id as id, resource_id as "resourceId", state from push_channel
        where connection_id = $1 order by began_at`,
      [user.connectionId],
    )
  const syncs = (user: ConnectedUser) =>
    sqlOf(database)<{ status: string }>(
      `select status from sync_status where user_id = $1 and cause = 'push'`,
      [user.user],
    )
  const channels = (user: ConnectedUser) =>
    world
      .google()
      .state()
      .channels.filter(({ email }) => email === user.email)
  const connected = async () => {
    const user = await world.connected(service)
    await vi.waitFor(
      async () => {
        expect((await rows(user)).map(({ state }) => state)).toEqual(['open', 'open'])
      },
      { timeout: 10_000 },
    )
    return user
  }
  /** The last message of the channel that watches the user's calendar. */
  const lastMessage = (user: ConnectedUser) =>
    vi.waitFor(
      () => {
        const { id } = channels(user).find(({ resource }) => resource.includes(user.email)) ?? {}
        const found = told.findLast((headers) => headers['x-goog-channel-id'] === id)
        if (!found || found['x-goog-resource-state'] === 'sync') throw new Error('nothing was said yet')
        return found
      },
      { timeout: 15_000 },
    )

  it('opens a channel for the list and for each calendar, and a sync message starts nothing (B4.54, B4.55)', async () => {
    const user = await connected()
    expect(channels(user)).toHaveLength(2)
    expect(told.map((headers) => headers['x-goog-resource-state'])).toEqual(['sync', 'sync'])
    for (const headers of told) expect(headers['x-goog-channel-token']).toMatch(/^[\w-]{43}$/)
    expect(await syncs(user)).toEqual([])
    const watched = await sqlOf(database)<{ kind: string; watched: boolean }>(
      `select kind, watched_until > now() as watched from synced_resource where connection_id = $1 order by kind`,
      [user.connectionId],
    )
    expect(watched).toEqual([
      { kind: 'calendar', watched: true },
      { kind: 'calendar_list', watched: true },
    ])
  })

  it('brings a change within moments, and keeps no secret in clear', async () => {
    const user = await connected()
    world.google().putEvent(user.email, { id: 'pushed00', ...day })
    await vi.waitFor(
      async () => expect(await world.events(service, user)).toMatchObject([{ id: 'pushed00' }]),
      { timeout: 5000 },
    )
    expect(await syncs(user)).toHaveLength(1)
    const secret = (await lastMessage(user))['x-goog-channel-token']
    const leaked = await sqlOf(database)('select 1 from push_channel c where c::text like $1', [
      `%${secret}%`,
    ])
    expect(leaked).toEqual([])
  })

  it('hears of a new calendar without being asked (B7.86)', async () => {
    const user = await connected()
    const other = world.newUser()
    world.google().share(other.email, { email: user.email, accessRole: 'reader' })
    await vi.waitFor(
      async () => expect(await world.all(service, '/v1/calendar/calendars', user.user)).toHaveLength(2),
      { timeout: 5000 },
    )
  })

  it('asks once, however often the same is told (B4.60)', async () => {
    const user = await connected()
    world.google().planDeliveries(['duplicate'])
    world.google().putEvent(user.email, { id: 'twice000', ...day })
    const message = await lastMessage(user)
    await world.google().deliveriesSettled()
    expect((await sendOn(message)).status).toBe(204)
    expect(await syncs(user)).toHaveLength(1)
  })

  it('collapses a storm into one sync under way and one that waits (B4.58, B4.59)', async () => {
    const user = await connected()
    world.google().putEvent(user.email, { id: 'storm000', ...day })
    const message = await lastMessage(user)
    await vi.waitFor(async () => expect(await syncs(user)).toMatchObject([{ status: 'completed' }]), 5000)
    world.google().clearRequests()
    const syncMs = 1500
    world.google().addFault({ path: '/calendar/v3/calendars/*/events', delayMs: syncMs, times: null })
    const began = performance.now()
    const number = Number(message['x-goog-message-number'])
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, nth) =>
        sendOn({ ...message, 'x-goog-message-number': String(number + 10 + nth * 7) }),
      ),
    )
    // However slow the machine: so many fit one after another into the storm, besides the one that waits then.
    const oneAfterAnother = Math.ceil((performance.now() - began) / syncMs)
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]))
    await vi.waitFor(
      async () => expect((await syncs(user)).every(({ status }) => status === 'completed')).toBe(true),
      { timeout: 15_000 },
    )
    world.google().clearFaults()
    expect(world.eventRequests().length).toBeLessThanOrEqual(oneAfterAnother + 1)
  })

  it('answers everybody the same and believes only the secret (B4.56, B4.57)', async () => {
    const user = await connected()
    world.google().putEvent(user.email, { id: 'first000', ...day })
    const genuine = await lastMessage(user)
    await vi.waitFor(async () => expect(await syncs(user)).toMatchObject([{ status: 'completed' }]), 5000)
    const next = { ...genuine, 'x-goog-message-number': '999999' }
    const lies = [
      { ...next, 'x-goog-channel-token': 'guessed' },
      { ...next, 'x-goog-resource-id': 'another' },
      { ...next, 'x-goog-channel-id': '00000000-0000-4000-8000-000000000000' },
      { ...next, 'x-goog-channel-id': "'; drop table push_channel" },
      {},
    ]
    for (const headers of lies) expect((await sendOn(headers)).status).toBe(204)
    const body = '{"calendarId": "everything"'
    for (const type of ['application/json; utf-8', 'text/plain']) {
      expect((await sendOn({ 'content-type': type }, body)).status).toBe(204)
    }
    expect(await syncs(user)).toHaveLength(1)
    const metrics = await (await fetch(`${service.url}/metrics`)).text()
    expect(metrics).toMatch(/push_notifications_total\{outcome="forged"[^}]*\} 2/)
  })

  it('opens the next channel before the last one ends, then stops that one (B4.62)', async () => {
    const user = await connected()
    const before = channels(user).map(({ id }) => id)
    await sqlOf(database)(
      `update push_channel set expires_at = now() + interval '1 hour' where connection_id = $1`,
      [user.connectionId],
    )
    await vi.waitFor(
      () => {
        const now = channels(user).map(({ id }) => id)
        expect(now).toHaveLength(2)
        expect(now.some((id) => before.includes(id))).toBe(false)
      },
      { timeout: 8000 },
    )
    const requests = world
      .google()
      .requests({ method: 'POST' })
      .map(({ path }) => path.split('/').at(-1))
    expect(requests.indexOf('watch')).toBeLessThan(requests.indexOf('stop'))
  })

  it('polls what cannot be watched, and calls that no failure (B4.65)', async () => {
    const user = world.newUser()
    world.google().addCalendar({ email: user.email, id: holidays + user.user, summary: 'Holidays' })
    world.google().addFault({
      method: 'POST',
      path: `/calendar/v3/calendars/*holiday*/events/watch`,
      status: 400,
      reason: 'pushNotSupportedForRequestedResource',
      times: null,
    })
    await world.connected(service, user)
    await vi.waitFor(
      async () => {
        const states = (await rows(user)).map(({ state }) => state).sort()
        expect(states).toEqual(['open', 'open', 'refused'])
      },
      { timeout: 8000 },
    )
    await world.calendars(service, user)
  })

  it("brings a new file, in somebody's own drive and in a shared one, within moments (B8.97)", async () => {
    const user = world.newUser(undefined, 'drive')
    const team = world.google().addSharedDrive({ name: 'Team', members: [user.email] }).id
    world.google().putFile(team, { id: `${team}-plan`, name: 'Plan' })
    await world.connected(service, user)
    await vi.waitFor(
      async () => expect((await rows(user)).map(({ state }) => state)).toEqual(['open', 'open']),
      { timeout: 10_000 },
    )
    expect(channels(user).map(({ expiration }) => expiration > Date.now() + 6 * 86_400_000)).toEqual([
      true,
      true,
    ])
    world.google().putFile(user.email, { id: `${team}-own`, name: 'Mine' })
    world.google().putFile(team, { id: `${team}-new`, name: 'Theirs' })
    await vi.waitFor(
      async () => {
        const files = await world.all(service, '/v1/drive/files?limit=200', user.user)
        expect(files.map(({ name }) => name).toSorted()).toEqual(['Mine', 'Plan', 'Theirs'])
      },
      { timeout: 8000 },
    )
    expect((await syncs(user)).length).toBeGreaterThan(0)
    await world.connectionIs(user, { status: 'disconnected' })
    await vi.waitFor(() => expect(channels(user)).toEqual([]), { timeout: 8000 })
  })

  it('asks for the drive connection when only a shared drive was heard of', async () => {
    const user = world.newUser(undefined, 'drive')
    const team = world.google().addSharedDrive({ name: 'Team', members: [user.email] }).id
    world.google().putFile(team, { id: `${team}-plan`, name: 'Plan' })
    await world.connected(service, user)
    await vi.waitFor(
      async () => expect((await rows(user)).map(({ state }) => state)).toEqual(['open', 'open']),
      { timeout: 10_000 },
    )
    const { id } = channels(user).find(({ resource }) => resource.includes(team)) ?? {}
    const opened = told.find((headers) => headers['x-goog-channel-id'] === id)
    if (!opened) throw new Error('the shared drive has no channel')
    const changed = { ...opened, 'x-goog-resource-state': 'change', 'x-goog-message-number': '7' }
    expect((await sendOn(changed)).status).toBe(204)
    await vi.waitFor(async () => expect(await syncs(user)).toMatchObject([{ status: 'completed' }]), 8000)
  })

  it('stops its channels on disconnect, also one that is gone already (B4.63)', async () => {
    const user = await connected()
    world.google().addFault({ path: '/calendar/v3/channels/stop', status: 404, reason: 'notFound' })
    await world.connectionIs(user, { status: 'disconnected' })
    await vi.waitFor(
      async () => {
        expect((await rows(user)).map(({ state }) => state)).toEqual(['closed', 'closed'])
      },
      { timeout: 8000 },
    )
    expect(channels(user)).toHaveLength(1)
  })
})
