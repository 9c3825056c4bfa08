import { beforeAll, describe, expect, it, vi } from 'vitest'
import type { CalendarService } from './service.ts'
import { type ConnectedUser, useCalendarWorld } from './testing.ts'

describe('losing the sync token', () => {
  const world = useCalendarWorld()
  let service: CalendarService
  let release: (() => void) | undefined
  let holdAt: string | null = null

  beforeAll(async () => {
    service = await world.start({
      crashPoint: async (point) => {
        if (point !== holdAt) return
        holdAt = null
        await new Promise<void>((resolve) => {
          release = resolve
        })
      },
    })
  })

  const filled = async (count: number): Promise<ConnectedUser> => {
    const user = world.newUser()
    world.google().seedEvents(user.email, { count, seed: 7 })
    return world.connected(service, user)
  }
  const ids = async (user: ConnectedUser) =>
    (await world.events(service, user, '&showCancelled=true')).map(({ id }) => id).sort()

  it.each(['full_sync_required', 'invalid_sync_token'] as const)(
    'opens a new generation and calls nothing a change that did not change (%s) (B1.17, B1.20, B1.21)',
    async (answer) => {
      const user = await filled(20)
      const before = await ids(user)
      const from = await world.call(service, '/v1/calendar/changes?cursor=now', { sub: user.user })
      world.google().expireSyncTokens({ calendarId: user.email, answer })
      const sync = await world.sync(service, user, { calendarId: user.calendarId() })
      expect(sync).toMatchObject({ status: 'completed', mode: 'full', counts: { upserted: 0, deleted: 0 } })
      expect(await ids(user)).toEqual(before)
      const changes = await world.call(service, `/v1/calendar/changes?cursor=${from.body.nextCursor}`, {
        sub: user.user,
      })
      expect(changes.body.items).toEqual([])
      expect(await world.sync(service, user)).toMatchObject({ mode: 'incremental' })
    },
  )

  it('keeps the old rows readable until the new generation commits, then sweeps what is gone (B1.17)', async () => {
    const user = await filled(20)
    const before = await ids(user)
    const victim = (await world.events(service, user)).find((event) => event.recurrence === undefined)
    world.google().deleteEvent(user.email, victim?.id ?? '')
    world.google().putEvent(user.email, {
      id: 'fresh1',
      start: { dateTime: '2026-07-01T09:00:00Z' },
      end: { dateTime: '2026-07-01T10:00:00Z' },
    })
    world.google().expireSyncTokens({ calendarId: user.email })
    // The refused page takes none of the plan.
    world.google().planPages([10, 10, 10])
    holdAt = 'page_committed'
    const asked = await world.call(service, '/v1/calendar/syncs', {
      sub: user.user,
      method: 'POST',
      body: { calendarId: user.calendarId() },
    })
    await vi.waitFor(() => expect(release).toBeDefined(), { timeout: 15_000 })
    expect(await ids(user)).toEqual(before)
    release?.()
    release = undefined
    const sync = await world.ended(service, user, asked.body.id ?? '')
    expect(sync).toMatchObject({ mode: 'full', counts: { upserted: 1, deleted: 1 } })
    expect(await ids(user)).toEqual([...before, 'fresh1'].sort())
    expect((await world.events(service, user)).map(({ id }) => id)).not.toContain(victim?.id)
  })

  it('closes nothing because of one empty answer, and believes the second', async () => {
    const user = await filled(30)
    const before = await ids(user)
    const path = `/calendar/v3/calendars/*/events`
    const empty = { path, status: 200, body: { kind: 'calendar#events', items: [], nextSyncToken: 'none' } }
    world.google().addFault(empty)
    const sync = await world.sync(service, user, { calendarId: user.calendarId(), mode: 'full' })
    expect(sync).toMatchObject({ status: 'completed', mode: 'full', counts: { deleted: 0, upserted: 0 } })
    expect(await ids(user)).toEqual(before)
    world.google().addFault({ ...empty, times: 2 })
    const emptied = await world.sync(service, user, { calendarId: user.calendarId(), mode: 'full' })
    expect(emptied).toMatchObject({ status: 'completed', mode: 'full' })
    expect(await world.events(service, user)).toEqual([])
  })

  it('gives up when Google refuses the new generation as well, and recovers with the next sync (B1.19)', async () => {
    const user = await filled(3)
    world.google().expireSyncTokens({ calendarId: user.email })
    const path = `/calendar/v3/calendars/*/events`
    world.google().addFault({ path, status: 410, reason: 'fullSyncRequired', times: null })
    const sync = await world.sync(service, user, { calendarId: user.calendarId() })
    expect(sync).toMatchObject({ status: 'failed', error: { code: 'sync_token_lost' } })
    expect(world.eventRequests()).toHaveLength(2)
    expect(await world.calendars(service, user, 'failed')).toMatchObject([
      { sync: { reason: 'sync_token_lost' } },
    ])
    world.google().clearFaults()
    expect(await world.sync(service, user)).toMatchObject({ status: 'completed', mode: 'full' })
    await world.calendars(service, user)
  })

  it('treats a page with neither token as broken, and keeps the position it had', async () => {
    const user = await filled(3)
    const path = `/calendar/v3/calendars/*/events`
    world.google().addFault({ path, status: 200, body: { kind: 'calendar#events', items: [] } })
    const sync = await world.sync(service, user, { calendarId: user.calendarId() })
    expect(sync).toMatchObject({ status: 'completed', mode: 'incremental' })
    expect(world.eventRequests()).toHaveLength(2)
  })
})
