import { type Database, openDatabase, sqlOf } from '@evergrant/event-store'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { channelSecrets } from './adapters/secrets/channel-secrets.ts'
import type { CalendarService } from './service.ts'
import { type ConnectedUser, useCalendarWorld } from './testing.ts'

describe('a delivered message', () => {
  const world = useCalendarWorld()
  let service: CalendarService
  let database: Database

  beforeAll(async () => {
    database = await openDatabase({ url: world.database.url, applicationName: 'spec' })
    // Nobody listens there: what is heard is said by hand.
    service = await world.start({ publicUrl: 'http://127.0.0.1:9', pollEveryMs: 150 })
  })
  afterAll(() => database.close())

  const sql = <Row extends object>(text: string, parameters: readonly unknown[] = []) =>
    sqlOf(database)<Row>(text, parameters)
  const syncs = (user: ConnectedUser) =>
    sql<{ status: string }>(`select status from sync_status where user_id = $1 and cause = 'push'`, [
      user.user,
    ])
  /** A channel of ours, with a secret we know. */
  const channelOf = async (user: ConnectedUser) => {
    await world.connected(service, user)
    const found = await vi.waitFor(
      async () => {
        const [row] = await sql<{ id: string; resource: string }>(
          `select channel_id as id, google_resource_id as resource from push_channel
            where connection_id = $1 and state = 'open' order by began_at desc limit 1`,
          [user.connectionId],
        )
        if (!row) throw new Error('no channel yet')
        return row
      },
      { timeout: 10_000 },
    )
    const { secret, secretHash } = channelSecrets.next()
    await sql('update push_channel set secret_hash = $2 where channel_id = $1', [found.id, secretHash])
    return { ...found, secret }
  }
  let number = 1
  const say = ({ id, resource, secret }: Awaited<ReturnType<typeof channelOf>>, state: string) =>
    fetch(`${service.url}/v1/google/notifications`, {
      method: 'POST',
      headers: {
        'x-goog-channel-id': id,
        'x-goog-channel-token': secret,
        'x-goog-resource-id': resource,
        'x-goog-resource-state': state,
        'x-goog-message-number': String(++number),
      },
    })

  it('is stored before it is answered: while it cannot be, Google is asked to say it again (B4.61)', async () => {
    const user = world.newUser()
    const channel = await channelOf(user)
    await sql('alter table push_channel rename to push_channel_away')
    const refused = await say(channel, 'exists').finally(() =>
      sql('alter table push_channel_away rename to push_channel'),
    )
    expect(refused.status).toBeGreaterThanOrEqual(500)
    expect(await syncs(user)).toEqual([])
    expect((await say(channel, 'exists')).status).toBe(204)
    expect(await syncs(user)).toHaveLength(1)
  })

  it.each(['change', 'changed', 'exists', 'not_exists', 'a word of tomorrow'])(
    'of the state "%s" means that something changed (B4.56, B8.97)',
    async (state) => {
      const user = world.newUser(undefined, 'drive')
      const channel = await channelOf(user)
      expect((await say(channel, state)).status).toBe(204)
      await vi.waitFor(async () => expect(await syncs(user)).toMatchObject([{ status: 'completed' }]), 5000)
    },
  )

  it('comes from nowhere any more once a calendar is gone: its channel is stopped (B7.86)', async () => {
    const user = world.newUser()
    const { id } = world.google().addCalendar({ email: user.email, summary: 'Team' })
    await channelOf(user)
    const watched = () =>
      world
        .google()
        .state()
        .channels.filter(({ email, resource }) => email === user.email && resource.includes(id))
    await vi.waitFor(() => expect(watched()).toHaveLength(1), { timeout: 10_000 })
    world.google().changeListEntry(id, { email: user.email, deleted: true })
    await world.sync(service, user)
    await vi.waitFor(() => expect(watched()).toEqual([]), { timeout: 10_000 })
  })
})
