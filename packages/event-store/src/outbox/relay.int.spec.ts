import { contracts, publication } from '@evergrant/event-contracts'
import { afterEach, describe, expect, it } from 'vitest'
import type { CrashPoint } from '../crash-point.ts'
import { sqlOf } from '../database/sql.ts'
import { createPostgresEventStore } from '../log/postgres-event-store.ts'
import { republish } from '../repair.ts'
import { contractFacts } from '../testing/event-store-contract.ts'
import { createPublishDouble, type PublishDouble } from '../testing/publish-double.ts'
import { useStoreDatabase } from '../testing/use-store-database.ts'
import { outboxStatus, parkedMessages, releaseParkedMessage } from './outbox-status.ts'
import { createRelay } from './relay.ts'

const there = useStoreDatabase()
const revoked = publication(contracts.grantRevoked, contracts.grantRevoked.example)
const running: { stop(): Promise<void> }[] = []
let instances = 0

afterEach(async () => {
  await Promise.all(running.splice(0).map((relay) => relay.stop()))
  await sqlOf(there.open())('update es.outbox set published_at = now() where published_at is null')
})

const lockWaiters =
  "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"

const storeOf = () =>
  createPostgresEventStore({
    database: there.open(),
    source: 'token-service',
    facts: contractFacts,
    projections: [],
    clock: { now: () => new Date() },
  })

async function appended(streamId: string, count: number): Promise<void> {
  await storeOf().transaction((unit) =>
    unit.append({
      streamId,
      streamType: 'thing',
      expectedVersion: 'any',
      facts: [{ type: 'Noted', data: {} }],
      publications: Array.from({ length: count }, () => revoked),
      metadata: { actor: { kind: 'schedule' }, correlationId: 'c' },
    }),
  )
}

function started(
  bus: PublishDouble,
  options: { crashPoint?: CrashPoint; leaseMs?: number; pollMs?: number } = {},
) {
  const errors: unknown[] = []
  const relay = createRelay({
    database: there.open(),
    publish: bus.publish,
    instanceId: `relay-${++instances}`,
    onError: (error) => errors.push(error),
    pollMs: 20,
    ...options,
  })
  relay.start()
  running.push(relay)
  return Object.assign(relay, { errors })
}

const versions = (bus: PublishDouble, streamId: string) =>
  bus.stored.filter((message) => message.streamId === streamId).map(({ version }) => version)

const ownersOf = async (prefix = 'relay-') => {
  const rows = await sqlOf(there.open())<{ owner: string; shards: number }>(
    'select owner, count(*)::integer as shards from es.relay_shard where owner is not null group by owner',
  )
  return rows.filter(({ owner }) => owner.startsWith(prefix)).map(({ shards }) => shards)
}

describe('the relay', () => {
  it('publishes what was committed, in order per stream, once', async () => {
    const bus = createPublishDouble()
    await appended('order-a', 3)
    await appended('order-b', 2)
    await appended('order-a', 2)
    started(bus)
    await expect.poll(() => versions(bus, 'order-a')).toEqual([1, 2, 3, 4, 5])
    await expect.poll(() => versions(bus, 'order-b')).toEqual([1, 2])
    await expect
      .poll(() => outboxStatus({ database: there.open() }))
      .toEqual({
        unpublished: 0,
        parked: 0,
        oldestUnpublishedSeconds: 0,
      })
    expect(bus.offered()).toBe(7)
    expect(bus.stored[0]).toMatchObject({
      subject: contracts.grantRevoked.subject,
      source: 'token-service',
      headers: { 'ce-id': 'order-a@1' },
    })
  })

  it.each(['relay-after-select', 'relay-after-publish'])(
    'loses nothing and doubles nothing when it dies at %s',
    async (point) => {
      const bus = createPublishDouble()
      const streamId = `dies-${point}`
      await appended(streamId, 3)
      let died = false
      const never = new Promise<void>(() => undefined)
      // This one hangs for good: as dead as a killed process, but its lease runs on.
      createRelay({
        database: there.open(),
        publish: bus.publish,
        instanceId: `dead-${point}`,
        onError: () => undefined,
        leaseMs: 300,
        crashPoint: (name) => {
          if (name !== point) return
          died = true
          return never
        },
      }).start()
      await expect.poll(() => died).toBe(true)
      started(bus, { leaseMs: 300 })
      await expect.poll(() => outboxStatus({ database: there.open() })).toMatchObject({ unpublished: 0 })
      expect(versions(bus, streamId)).toEqual([1, 2, 3])
    },
  )

  it('lets rows wait while the bus is away and goes on when it is back', async () => {
    const bus = createPublishDouble()
    bus.refuse = () => ({ status: 'retry', reason: 'no responders' })
    await appended('away', 2)
    started(bus)
    await expect.poll(() => bus.offered()).toBeGreaterThan(3)
    expect(await outboxStatus({ database: there.open() })).toMatchObject({ unpublished: 2, parked: 0 })
    bus.refuse = () => undefined
    await expect.poll(() => versions(bus, 'away')).toEqual([1, 2])
  })

  it('retries one failing stream on its own while the others flow', async () => {
    const bus = createPublishDouble()
    bus.refuse = ({ streamId }) => (streamId === 'slow' ? { status: 'retry', reason: 'timeout' } : undefined)
    await appended('slow', 2)
    await appended('fast', 2)
    started(bus)
    await expect.poll(() => versions(bus, 'fast')).toEqual([1, 2])
    bus.refuse = () => undefined
    await expect.poll(() => versions(bus, 'slow'), { timeout: 5000 }).toEqual([1, 2])
  })

  it('parks what can never be published, which blocks only its stream until it is released', async () => {
    const bus = createPublishDouble()
    let refusals = 0
    bus.refuse = ({ streamId, version }) => {
      if (streamId !== 'large' || version !== 2) return undefined
      refusals++
      return { status: 'park', reason: 'too large' }
    }
    await appended('large', 3)
    await appended('small', 1)
    const relay = started(bus)
    await expect.poll(() => versions(bus, 'small')).toEqual([1])
    await expect
      .poll(() => parkedMessages({ database: there.open(), limit: 10 }))
      .toMatchObject([{ source: 'token-service', streamId: 'large', version: 2, reason: 'too large' }])
    await appended('small', 1)
    await expect.poll(() => versions(bus, 'small')).toEqual([1, 2])
    expect(versions(bus, 'large')).toEqual([1])
    expect(refusals).toBe(1)
    bus.refuse = () => undefined
    await releaseParkedMessage({ database: there.open(), streamId: 'large', version: 2 })
    relay.wake()
    await expect.poll(() => versions(bus, 'large')).toEqual([1, 2, 3])
    await expect(
      releaseParkedMessage({ database: there.open(), streamId: 'large', version: 2 }),
    ).rejects.toMatchObject({ code: 'parked_message_not_found' })
  })

  it('publishes repairs again as the same bytes under a new message id', async () => {
    const bus = createPublishDouble()
    await appended('repaired', 3)
    started(bus)
    await expect.poll(() => versions(bus, 'repaired')).toEqual([1, 2, 3])
    const repair = { database: there.open(), streamId: 'repaired', from: 2, to: 3 }
    await expect.poll(() => republish(repair)).toEqual({ firstAvailable: 2, republished: 2 })
    expect(await republish(repair)).toEqual({ firstAvailable: 2, republished: 0 })
    await expect.poll(() => versions(bus, 'repaired')).toEqual([1, 2, 3, 2, 3])
    const [, second, , again] = bus.stored.filter(({ streamId }) => streamId === 'repaired')
    expect(again).toEqual({ ...second, id: expect.anything(), repair: 1 })
    expect(await republish({ ...repair, streamId: 'unheard-of' })).toEqual({
      firstAvailable: null,
      republished: 0,
    })
  })

  it('shares the shards fairly and takes over those of a relay that left', async () => {
    const bus = createPublishDouble()
    const first = started(bus, { leaseMs: 300 })
    await expect.poll(() => ownersOf()).toEqual([64])
    started(bus, { leaseMs: 300 })
    await expect.poll(async () => (await ownersOf()).sort(), { timeout: 5000 }).toEqual([32, 32])
    await first.stop()
    await expect.poll(() => ownersOf(), { timeout: 5000 }).toEqual([64])
  })

  it('looks at once when it is woken, also when the wake-up comes while it is busy', async () => {
    const bus = createPublishDouble()
    const relay = started(bus, { pollMs: 600_000 })
    for (let version = 1; version <= 5; version++) {
      await appended('woken', 1)
      relay.wake()
      await expect.poll(() => versions(bus, 'woken')).toHaveLength(version)
    }
  })

  it('reports a failing database and goes on afterwards', async () => {
    const bus = createPublishDouble()
    let failures = 1
    const relay = started(bus, {
      crashPoint: () => {
        if (failures-- > 0) throw new Error('connection lost')
      },
    })
    await appended('survives', 1)
    await expect.poll(() => versions(bus, 'survives')).toEqual([1])
    expect(relay.errors).toHaveLength(1)
  })

  it('finds rows that commit below its low-water mark', async () => {
    const bus = createPublishDouble()
    started(bus)
    await storeOf().transaction(async (unit) => {
      await unit.append({
        streamId: 'late',
        streamType: 'thing',
        expectedVersion: 'any',
        facts: [{ type: 'Noted', data: {} }],
        publications: [revoked],
        metadata: { actor: { kind: 'schedule' }, correlationId: 'c' },
      })
      for (let round = 0; round < 3; round++) {
        await appended('meanwhile', 1)
        await expect.poll(() => versions(bus, 'meanwhile')).toHaveLength(round + 1)
        await sqlOf(there.open())('select es.raise_low_ids(owner, false) from es.relay_shard')
      }
    })
    await expect.poll(() => versions(bus, 'late')).toEqual([1])
  })

  it('does not take a repair for done because an older publication of the same row was', async () => {
    const bus = createPublishDouble()
    await appended('zombie', 1)
    let thaw: () => void = () => undefined
    const frozen = new Promise<void>((resolve) => {
      thaw = resolve
    })
    let published = false
    started(bus, {
      leaseMs: 300,
      crashPoint: (name) => {
        if (name !== 'relay-after-publish') return
        published = true
        return frozen
      },
    })
    await expect.poll(() => published).toBe(true)
    const successor = started(bus, { leaseMs: 300 })
    await expect.poll(() => outboxStatus({ database: there.open() })).toMatchObject({ unpublished: 0 })
    await successor.stop()
    await republish({ database: there.open(), streamId: 'zombie', from: 1, to: 1 })
    thaw()
    await expect
      .poll(() => bus.stored.filter(({ streamId }) => streamId === 'zombie').map(({ repair }) => repair))
      .toEqual([0, 1])
  })

  it('does not raise its low-water mark over a repair that commits at the same moment', async () => {
    const bus = createPublishDouble()
    await appended('below', 1)
    const relay = started(bus)
    await expect.poll(() => outboxStatus({ database: there.open() })).toMatchObject({ unpublished: 0 })
    await relay.stop()
    const sql = sqlOf(there.open())
    await sql("select es.lease_shards('raiser', 60000)")
    await sql("select es.raise_low_ids('raiser', false)")
    const store = storeOf()
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
