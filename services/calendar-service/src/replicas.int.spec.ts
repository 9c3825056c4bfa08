import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { contracts } from '@evergrant/event-contracts'
import { openDatabase, sqlOf } from '@evergrant/event-store'
import { describe, expect, it, vi } from 'vitest'
import { type ConnectedUser, useCalendarWorld } from './testing.ts'

describe('many replicas, one copy', () => {
  const world = useCalendarWorld()

  const facts = async (streamId: string) => {
    const database = await openDatabase({ url: world.database.url, applicationName: 'spec' })
    try {
      const store = await sqlOf(database)<{ type: string }>(
        'select type from es.event where stream_id = $1 order by version',
        [streamId],
      )
      return store.map(({ type }) => type)
    } finally {
      await database.close()
    }
  }

  const pagesOf = async (user: ConnectedUser) => {
    const types = await facts(`calendar-${user.calendarId()}`)
    return types.filter((type) => type === 'PageStored').length
  }

  it('resumes at the stored page when its process is killed after page two of three (B1.13)', async () => {
    const user = world.newUser()
    world.google().seedEvents(user.email, { count: 30, seed: 5 })
    // As many as there may be requests: on a slow machine the lease of a second runs out between two pages, too.
    world.google().planPages(Array(40).fill(10))
    world.google().addFault({ path: '/calendar/v3/calendars/*/events', nth: 3, delayMs: 20_000 })
    const main = fileURLToPath(new URL('./main.ts', import.meta.url))
    const victim = spawn(process.execPath, [main], {
      env: { ...world.environment(), SYNC_LEASE_SECONDS: '1' },
      stdio: 'ignore',
    })
    await world.connectionIs(user)
    await vi.waitFor(async () => expect(await pagesOf(user)).toBe(2), { timeout: 20_000 })
    victim.kill('SIGKILL')
    await once(victim, 'exit')
    world.google().clearFaults()
    const survivor = await world.start({ leaseMs: 5_000 })
    await world.calendars(survivor, user)
    const events = await world.events(survivor, user, '&showCancelled=true')
    expect(new Set(events.map(({ id }) => id)).size).toBe(30)
    expect(await world.all(survivor, '/v1/calendar/changes?limit=200', user.user)).toHaveLength(30)
    expect(await pagesOf(user)).toBe(3)
    await survivor.stop()
  }, 60_000)

  it('has rows and token together or not at all when a page fails half stored (B1.1, B1.14)', async () => {
    const user = world.newUser()
    world.google().seedEvents(user.email, { count: 12, seed: 8 })
    let failures = 0
    const service = await world.start({
      lanes: 1,
      leaseMs: 500,
      crashPoint: (point) => {
        if (point === 'page_stored' && failures++ === 1) throw new Error('between the rows and the token')
      },
    })
    await world.connectionIs(user)
    await world.calendars(service, user)
    expect(await pagesOf(user)).toBe(1)
    expect(await world.all(service, '/v1/calendar/changes?limit=200', user.user)).toHaveLength(12)
    expect(failures).toBe(3)
    await service.stop()
  })

  it('takes over a run whose holder fell silent, and the late one changes nothing', async () => {
    const user = world.newUser()
    world.google().seedEvents(user.email, { count: 30, seed: 6 })
    let pages = 0
    let wake: (() => void) | undefined
    const silent = await world.start({
      lanes: 1,
      leaseMs: 700,
      crashPoint: async (point) => {
        if (point !== 'page_fetched' || ++pages !== 3) return
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      },
    })
    world.google().planPages([10, 10, 10, 10])
    await world.connectionIs(user)
    await vi.waitFor(() => expect(wake).toBeDefined(), { timeout: 10_000 })
    const other = await world.start({ leaseMs: 5_000 })
    await world.calendars(other, user)
    wake?.()
    await silent.stop()
    expect(await world.all(other, '/v1/calendar/changes?limit=200', user.user)).toHaveLength(30)
    expect(await pagesOf(user)).toBe(3)
    await other.stop()
  })

  it('runs one sync for many requests, however many replicas there are', async () => {
    const [one, two] = [await world.start(), await world.start()]
    const user = await world.connected(one)
    world.google().addFault({ path: '/calendar/v3/users/me/calendarList', delayMs: 400 })
    world.google().clearRequests()
    const asked = await Promise.all(
      Array.from({ length: 40 }, (_, nr) =>
        world.call(nr % 2 ? one : two, '/v1/calendar/syncs', { sub: user.user, method: 'POST', body: {} }),
      ),
    )
    for (const { body } of asked) {
      expect(await world.ended(one, user, body.id ?? '')).toMatchObject({ status: 'completed' })
    }
    // The first may already be running when the others come: one running, one waiting.
    expect(world.eventRequests().length).toBeLessThanOrEqual(3)
    await one.stop()
    await two.stop()
  })

  it('does what another publisher on the bus asks for, and records what it cannot do', async () => {
    const service = await world.start()
    const user = await world.connected(service)
    const added = world
      .google()
      .putEvent(user.email, { start: { date: '2026-03-01' }, end: { date: '2026-03-02' } })
    const syncId = randomUUID()
    const from = { source: 'acme-planner', streamId: 'wish-1' }
    const wish = { mode: 'incremental', cause: 'push' } as const
    const nobody = randomUUID()
    const refusedId = randomUUID()
    await world.publish(contracts.syncRequested, { ...wish, syncId: refusedId, connectionId: nobody }, from)
    await world.publish(contracts.syncRequested, { ...wish, syncId, connectionId: user.connectionId }, from)
    await vi.waitFor(
      async () => {
        const { body } = await world.call(service, `/v1/calendar/syncs/${syncId}`, { sub: user.user })
        expect(body.status).toBe('completed')
      },
      { timeout: 40_000, interval: 100 },
    )
    expect((await world.events(service, user)).map(({ id }) => id)).toContain(added.id)
    expect(await facts(`sync-${refusedId}`)).toEqual(['SyncRefused'])
    await service.stop()
  }, 60_000)

  it('syncs by itself what has grown old (B4.64)', async () => {
    const service = await world.start({ staleAfterSeconds: 1 })
    const user = await world.connected(service)
    const added = world
      .google()
      .putEvent(user.email, { start: { date: '2026-03-01' }, end: { date: '2026-03-02' } })
    await expect
      .poll(async () => (await world.events(service, user)).map(({ id }) => id), { timeout: 15_000 })
      .toContain(added.id)
    await service.stop()
  })
})
