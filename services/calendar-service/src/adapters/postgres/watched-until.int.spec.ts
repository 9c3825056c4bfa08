import { createPostgresEventStore, type Database, migrate, openDatabase, sqlOf } from '@evergrant/event-store'
import { systemClock } from '@evergrant/service-runtime'
import { useDatabase } from '@evergrant/stack/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { PushChannels } from '../../application/ports.ts'
import { migrations } from '../../migrations/all.ts'
import { createPushChannels } from './push-channels.ts'

const uuid = (nth: number) => `018f0000-0000-7000-8000-00000000000${nth}`
const [connectionId, grantId] = [uuid(1), uuid(2)]
const [old, next] = [uuid(3), uuid(4)]

describe('until when a resource is watched', () => {
  const place = useDatabase({
    template: { name: 'calendar_service', migrate: (url) => migrate({ url, migrations }) },
  })
  let database: Database
  let channels: PushChannels
  beforeAll(async () => {
    database = await openDatabase({ url: place.serviceUrl, applicationName: 'spec' })
    channels = createPushChannels(database)
  })
  afterAll(() => database.close())

  const begin = async (kind: 'calendar_list' | 'mailbox') => {
    const sql = sqlOf(database)
    for (const table of ['push_channel', 'resource_run', 'synced_resource', 'known_connection'])
      await sql(`delete from ${table}`)
    await sql(
      `insert into known_connection (connection_id, stream_id, user_id, grant_id, account_email, service, status, changed_at)
       values ($1, 's', 'u', $2, 'alice@example.com', $3, 'active', now())`,
      [connectionId, grantId, kind === 'mailbox' ? 'gmail' : 'calendar'],
    )
    await sql(
      `insert into synced_resource (resource_id, kind, connection_id, user_id, google_id) values ($1, $2, $1, 'u', 'g')`,
      [connectionId, kind],
    )
    for (const channelId of [old, next])
      await sql(
        `insert into push_channel (channel_id, resource_id, connection_id, secret_hash, state, began_at)
         values ($1, $2, $2, 'hash', 'opening', now())`,
        [channelId, connectionId],
      )
  }
  beforeEach(() => begin('calendar_list'))

  const store = () =>
    createPostgresEventStore({ database, source: 'spec', facts: {}, projections: [], clock: systemClock })
  const hear = (channelId: string, messageNumber = 1) =>
    store().transaction((unit) =>
      channels.noteMessage(unit, { channelId, messageNumber, asked: connectionId }),
    )
  const opened = (channelId: string, expiresAt: Date | null) =>
    channels.opened(channelId, { googleResourceId: 'g', expiresAt })
  const watchedUntil = async () => {
    const [row] = await sqlOf(database)<{ until: string | null }>(
      `select to_char(watched_until at time zone 'utc', 'YYYY-MM-DD') as until from synced_resource`,
    )
    return row?.until
  }
  const [soon, later] = [new Date('2090-01-01T00:00:00.000Z'), new Date('2090-01-08T00:00:00.000Z')]

  it('is the end of a channel on which Google was heard, whichever of the two came first', async () => {
    await opened(old, soon)
    expect(await watchedUntil()).toBe(null)
    await hear(old)
    expect(await watchedUntil()).toBe('2090-01-01')
    await hear(next)
    expect(await watchedUntil()).toBe('2090-01-01')
    await opened(next, later)
    expect(await watchedUntil()).toBe('2090-01-08')
  })

  it('goes on from one channel to the next, and ends with the last', async () => {
    await opened(old, soon)
    await hear(old)
    await opened(next, later)
    await hear(next)
    await hear(old, 2)
    expect(await watchedUntil()).toBe('2090-01-08')
    await channels.closed(old)
    expect(await watchedUntil()).toBe('2090-01-08')
    await channels.closed(next)
    expect(await watchedUntil()).toBe(null)
  })

  it('is not known of a channel that took over and was never heard', async () => {
    await opened(old, soon)
    await hear(old)
    await opened(next, later)
    await channels.closed(old)
    expect(await watchedUntil()).toBe(null)
  })

  it('is a week for a channel that does not say', async () => {
    await opened(old, null)
    await hear(old)
    const [row] = await sqlOf(database)<{ days: number }>(
      `select extract(epoch from watched_until - now())::float8 / 86400 as days from synced_resource`,
    )
    expect(Math.round(row?.days ?? 0)).toBe(7)
  })

  it('is known of a mailbox with the first notification about it', async () => {
    await begin('mailbox')
    await opened(old, soon)
    expect(await watchedUntil()).toBe(null)
    await store().transaction((unit) =>
      channels.noteMailbox(unit, { emailAddress: 'Alice@example.com', historyId: '7' }),
    )
    expect(await watchedUntil()).toBe('2090-01-01')
  })

  it('waits for no sync that holds the resource, once it is known', async () => {
    await opened(old, soon)
    await hear(old)
    await store().transaction(async (unit) => {
      await sqlOf(unit)('select 1 from synced_resource for update')
      await hear(old, 2)
    })
    const [row] = await sqlOf(database)<{ last: number }>(
      'select last_message::float8 as last from push_channel where channel_id = $1',
      [old],
    )
    expect(row?.last).toBe(2)
  })
})
