import { describe, expect, it } from 'vitest'
import { sqlOf } from '../database/sql.ts'
import { republish } from '../repair.ts'
import { createPublishDouble } from '../testing/publish-double.ts'
import { append, useRelays, versionsOf } from '../testing/use-relays.ts'
import { outboxStatus } from './outbox-status.ts'

const relays = useRelays()

const lockWaiters =
  "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"

describe('a repair', () => {
  it('is published again as the same bytes under a new message id', async () => {
    const bus = createPublishDouble()
    await append(relays.store(), 'repaired', 3)
    relays.started(bus)
    await expect.poll(() => versionsOf(bus, 'repaired')).toEqual([1, 2, 3])
    const repair = { database: relays.database(), streamId: 'repaired', from: 2, to: 3 }
    await expect.poll(() => republish(repair)).toEqual({ firstAvailable: 2, republished: 2 })
    expect(await republish(repair)).toEqual({ firstAvailable: 2, republished: 0 })
    await expect.poll(() => versionsOf(bus, 'repaired')).toEqual([1, 2, 3, 2, 3])
    const [, second, , again] = bus.stored.filter(({ streamId }) => streamId === 'repaired')
    expect(again).toEqual({ ...second, id: expect.anything(), repair: 1 })
    expect(await republish({ ...repair, streamId: 'unheard-of' })).toEqual({
      firstAvailable: null,
      republished: 0,
    })
  })

  it('is not taken for done because an older publication of the same row was', async () => {
    const bus = createPublishDouble()
    await append(relays.store(), 'zombie', 1)
    let thaw: () => void = () => undefined
    const frozen = new Promise<void>((resolve) => {
      thaw = resolve
    })
    let published = false
    relays.started(bus, {
      leaseMs: 300,
      crashPoint: (name) => {
        if (name !== 'relay-after-publish') return
        published = true
        return frozen
      },
    })
    await expect.poll(() => published).toBe(true)
    const successor = relays.started(bus, { leaseMs: 300 })
    await expect.poll(() => outboxStatus({ database: relays.database() })).toMatchObject({ unpublished: 0 })
    await successor.stop()
    await republish({ database: relays.database(), streamId: 'zombie', from: 1, to: 1 })
    thaw()
    await expect
      .poll(() => bus.stored.filter(({ streamId }) => streamId === 'zombie').map(({ repair }) => repair))
      .toEqual([0, 1])
  })

  it('that commits while the low-water mark is raised does not fall below it', async () => {
    const bus = createPublishDouble()
    await append(relays.store(), 'below', 1)
    const relay = relays.started(bus)
    await expect.poll(() => outboxStatus({ database: relays.database() })).toMatchObject({ unpublished: 0 })
    await relay.stop()
    const sql = sqlOf(relays.database())
    await sql("select es.lease_shards('raiser', 60000)")
    await sql("select es.raise_low_ids('raiser', false)")
    const store = relays.store()
    let raising: Promise<unknown> | undefined
    await store.transaction(async (unit) => {
      await sqlOf(unit)("select * from es.republish('below', 1, 1, 0)")
      raising = sql("select es.raise_low_ids('raiser', false)")
      await expect.poll(() => sql(lockWaiters)).toHaveLength(1)
    })
    await raising
    expect(
      await sql(
        `select stream_id from es.outbox o join es.relay_shard s using (shard)
          where o.published_at is null and o.id < s.low_id`,
      ),
    ).toEqual([])
    await sql("update es.relay_shard set owner = null where owner = 'raiser'")
    await sql("delete from es.relay where instance_id = 'raiser'")
  })
})
