import { randomUUID } from 'node:crypto'
import {
  createPostgresEventStore,
  type Database,
  openDatabase,
  rebuildProjection,
  sqlOf,
} from '@evergrant/event-store'
import { systemClock } from '@evergrant/service-runtime'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { syncRecords } from './adapters/postgres/sync-records.ts'
import { createForgetSyncs } from './application/forget-syncs.ts'
import { calendarFactCatalogue } from './domain/fact-catalogue.ts'
import { rebuildable } from './rebuildable.ts'
import type { CalendarService } from './service.ts'
import { useCalendarWorld } from './testing.ts'

const dayMs = 86_400_000
const patience = { timeout: 15_000, interval: 50 }

describe('records of syncs', () => {
  const world = useCalendarWorld()
  let service: CalendarService
  let admin: Database

  beforeAll(async () => {
    admin = await openDatabase({ url: world.database.url, applicationName: 'spec' })
    service = await world.start()
  })
  afterAll(() => admin.close())

  const sql = <Row>(text: string, params: readonly unknown[] = []) => sqlOf(admin)<Row>(text, params)
  /** As if all that was done until now had been done so many days ago. */
  const daysPass = async (days: number) => {
    await allPublished()
    await sql(`update es.stream set updated_at = updated_at - make_interval(days => $1)`, [days])
  }
  const allPublished = () =>
    vi.waitFor(
      async () => expect(await sql('select 1 from es.outbox where published_at is null')).toEqual([]),
      patience,
    )
  const store = () =>
    createPostgresEventStore({
      ...{ database: admin, source: 'calendar-service', facts: calendarFactCatalogue, projections: [] },
      clock: systemClock,
    })
  const forget = async (keptDays = 14) => {
    const seen = { forgotten: 0, rows: 0, notEnded: 0 }
    const round = createForgetSyncs({
      ...{ store: store(), database: admin, rows: syncRecords, clock: systemClock, keptMs: keptDays * dayMs },
      onForgotten: ({ forgotten, kept }) => {
        seen.forgotten += forgotten
        seen.rows += kept.rows
        seen.notEnded += kept.not_ended
      },
    })
    while ((await round()) === 'more');
    return seen
  }
  const ids = async (table: string) =>
    (
      await sql<{ id: string }>(
        `select distinct substring(stream_id from 6) as id from ${table} where stream_id like 'sync-%' order by 1`,
      )
    ).map(({ id }) => id)
  const known = async () => {
    const [streams, ...others] = await Promise.all(
      ['es.stream', 'es.event', 'es.outbox', 'sync_status'].map(ids),
    )
    for (const other of others) expect(other).toEqual(streams)
    return streams ?? []
  }
  const served = async (sub: string) => {
    const paths = [
      '/v1/calendar/calendars',
      '/v1/calendar/events?limit=200',
      '/v1/calendar/changes?limit=200',
    ]
    const bodies = []
    for (const path of paths) bodies.push((await world.call(service, path, { sub })).body.items)
    return JSON.stringify(bodies, (key, value) => (key === 'sync' ? undefined : value))
  }

  it('go when their time is over, but for the newest of every resource, and nothing else changes', async () => {
    const user = world.newUser()
    world.google().seedEvents(user.email, { count: 5, seed: 3 })
    await world.connected(service, user)
    const one = await world.sync(service, user)
    world
      .google()
      .putEvent(user.email, { id: 'later', start: { date: '2026-05-01' }, end: { date: '2026-05-02' } })
    const calendarId = user.calendarId()
    const ofCalendar = [
      await world.sync(service, user, { calendarId }),
      await world.sync(service, user, { calendarId }),
    ]
    const newest = await world.sync(service, user)
    await daysPass(20)
    const before = await served(user.user)
    const { forgotten } = await forget()
    expect(forgotten).toBeGreaterThan(2)
    expect(await known()).toEqual([newest.id, ofCalendar[1]?.id].toSorted())
    expect(await served(user.user)).toBe(before)

    const get = (id: string | undefined) =>
      world.call(service, `/v1/calendar/syncs/${id}`, { sub: user.user })
    expect(await get(one.id)).toMatchObject({ status: 404, body: { code: 'unknown_sync' } })
    expect(await get(newest.id)).toMatchObject({ status: 200, body: { status: 'completed' } })
    for (const projection of rebuildable) {
      const rebuilt = await rebuildProjection({ store: store(), database: admin, projection, dryRun: true })
      expect([projection.name, rebuilt.wrong]).toEqual([projection.name, 0])
    }
    expect(await world.sync(service, user)).toMatchObject({ status: 'completed' })
  })

  it('stay while they are young, and for ever when nothing is to be forgotten', async () => {
    await forget()
    const user = await world.connected(service)
    for (let n = 0; n < 3; n++) await world.sync(service, user)
    await daysPass(13)
    const before = await known()
    await forget()
    expect(await known()).toEqual(before)
    await daysPass(4_000)
    await forget(0)
    expect(await known()).toEqual(before)
  })

  it('are looked for once an hour', async () => {
    let now = Date.now()
    let rounds = 0
    const round = createForgetSyncs({
      ...{ store: store(), database: admin, rows: syncRecords, keptMs: 3_000 * dayMs },
      clock: { now: () => new Date(now) },
      onForgotten: () => {
        rounds += 1
      },
    })
    await round()
    now += 3_599_999
    await round()
    expect(rounds).toBe(1)
    now += 1
    await round()
    expect(rounds).toBe(2)
  })

  it('stay while the sync is under way, however long that takes', async () => {
    const user = await world.connected(service)
    world.google().addFault({ path: '/calendar/v3/*', times: 1, delayMs: 2_000 })
    const asked = await world.call(service, '/v1/calendar/syncs', {
      sub: user.user,
      method: 'POST',
      body: {},
    })
    const id = asked.body.id ?? ''
    await sql(`update es.stream set updated_at = now() - interval '1 year' where stream_id = 'sync-' || $1`, [
      id,
    ])
    expect((await forget()).notEnded).toBeGreaterThan(0)
    expect(await known()).toContain(id)
    expect(await world.ended(service, user, id)).toMatchObject({ status: 'completed' })
  })

  it('of several connections are kept until each has a newer one', async () => {
    const [first, second] = [randomUUID(), randomUUID()]
    const syncs: string[] = []
    const record = async (connections: readonly string[]) => {
      const id = randomUUID()
      await sql(
        `insert into sync_status (sync_id, stream_id, user_id, connection_ids, status, mode, cause, requested_at)
          values ($1::uuid, 'sync-' || $1::text, 'u', $2::uuid[], 'failed', 'full', 'user', now() + $3::int * interval '1 second')`,
        [id, connections, syncs.length],
      )
      syncs.push(`sync-${id}`)
    }
    const free = async () =>
      (await store().transaction((unit) => syncRecords.lock(unit, syncs))).map((id) => syncs.indexOf(id))
    await record([first, second])
    await record([first])
    expect(await free()).toEqual([])
    await record([first, second])
    expect(await free()).toEqual([0, 1])
    await record([second])
    expect(await free()).toEqual([0, 1])
    await record([first])
    expect(await free()).toEqual([0, 1, 2])
    await sql('delete from sync_status where user_id = $1', ['u'])
  })

  it('are forgotten by the service itself, also by two replicas at once, with those that were refused', async () => {
    const user = await world.connected(service)
    for (let n = 0; n < 6; n++) await world.sync(service, user)
    const refused = randomUUID()
    await store().transaction((unit) =>
      unit.append({
        ...{ streamId: `sync-${refused}`, streamType: 'sync', expectedVersion: 0 },
        facts: [{ type: 'SyncRefused', data: { syncId: refused } }],
        metadata: { actor: { kind: 'schedule' }, correlationId: 'c' },
      }),
    )
    await daysPass(20)
    const replicas = await Promise.all([world.start({ pollEveryMs: 100 }), world.start({ pollEveryMs: 100 })])
    await vi.waitFor(async () => {
      const left = await sql<{ n: number }>(
        `select count(*)::int as n from sync_status where $1 = any(connection_ids)`,
        [user.connectionId],
      )
      expect(left).toEqual([{ n: 1 }])
      expect(await known()).not.toContain(refused)
    }, patience)
    const texts = await Promise.all(replicas.map(async ({ url }) => (await fetch(`${url}/metrics`)).text()))
    const counted = texts.map((text) => Number(/^evergrant_syncs_forgotten_total\S* (\d+)/m.exec(text)?.[1]))
    expect(counted.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(6)
    await Promise.all(replicas.map((replica) => replica.stop()))
  })
})
