import { type Database, openDatabase, sqlOf } from '@evergrant/event-store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CalendarService } from './service.ts'
import { type ConnectedUser, useCalendarWorld } from './testing.ts'

const hour = 3_600

describe('what a scrape says of the copy', () => {
  const world = useCalendarWorld()
  let service: CalendarService
  let database: Database
  let user: ConnectedUser

  beforeAll(async () => {
    service = await world.start()
    database = await openDatabase({ url: world.database.url, applicationName: 'spec' })
    user = await world.connected(service)
    await world.calendars(service, user)
  })
  afterAll(() => database.close())

  const sql = (text: string, values: unknown[] = []) => sqlOf(database)(text, values)
  const scrape = async (name: string) => {
    const text = await (await fetch(`${service.url}/metrics`)).text()
    const found = new RegExp(`^${name}{kind="calendar",[^}]*} (.*)$`, 'm').exec(text)
    return found ? Number(found[1]) : 'absent'
  }
  const copy = () => scrape('evergrant_sync_oldest_copy_seconds')
  const channel = () => scrape('evergrant_push_channel_soonest_end_seconds')
  const within = (value: number | string, seconds: number) => {
    expect(value).toBeGreaterThan(seconds - 30)
    expect(value).toBeLessThan(seconds + 30)
  }
  const opened = (openedHoursAgo: number, endsInHours: number | null) =>
    sql(
      `insert into push_channel (channel_id, resource_id, connection_id, secret_hash, state, began_at, opened_at, expires_at)
       select gen_random_uuid(), resource_id, connection_id, 'hash', 'open', now(), now() - $2 * interval '1 hour',
              now() + $3::float8 * interval '1 hour'
         from synced_resource where connection_id = $1 and kind = 'calendar'`,
      [user.connectionId, openedHoursAgo, endsInHours],
    )

  it('is how long the one furthest behind has not been brought up to date', async () => {
    await sql(
      `update synced_resource set last_synced_at = now() - interval '5 hours', not_before = now() + interval '1 day'
        where connection_id = $1 and kind = 'calendar'`,
      [user.connectionId],
    )
    within(await copy(), 5 * hour)
  })

  it('is when the first push channel ends that nothing replaced, and nothing while there is none', async () => {
    expect(await channel()).toBe('absent')
    await opened(1, 2)
    within(await channel(), 2 * hour)
    await opened(0, 30)
    within(await channel(), 30 * hour)
  })

  it('is negative for a channel that ended, and a week from its opening for one without an end', async () => {
    await sql('delete from push_channel')
    await opened(2, -1)
    within(await channel(), -hour)
    await sql('delete from push_channel')
    await opened(24, null)
    within(await channel(), 6 * 24 * hour)
  })

  it('leaves out what nobody wants to be kept up to date any more', async () => {
    await sql(`update known_connection set status = 'paused' where connection_id = $1`, [user.connectionId])
    expect([await copy(), await channel()]).toEqual(['absent', 'absent'])
  })
})
