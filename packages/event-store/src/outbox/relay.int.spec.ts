import { contracts } from '@evergrant/event-contracts'
import { describe, expect, it } from 'vitest'
import { sqlOf } from '../database/sql.ts'
import { createPublishDouble } from '../testing/publish-double.ts'
import { append, noted, useRelays, versionsOf } from '../testing/use-relays.ts'
import { outboxStatus } from './outbox-status.ts'
import { createRelay } from './relay.ts'

const relays = useRelays()

const ownersOf = async (prefix = 'relay-') => {
  const rows = await sqlOf(relays.database())<{ owner: string; shards: number }>(
    'select owner, count(*)::integer as shards from es.relay_shard where owner is not null group by owner',
  )
  return rows.filter(({ owner }) => owner.startsWith(prefix)).map(({ shards }) => shards)
}

describe('the relay', () => {
  it('publishes what was committed, in order per stream, once', async () => {
    const bus = createPublishDouble()
    await append(relays.store(), 'order-a', 3)
    await append(relays.store(), 'order-b', 2)
    await append(relays.store(), 'order-a', 2)
    relays.started(bus)
    await expect.poll(() => versionsOf(bus, 'order-a')).toEqual([1, 2, 3, 4, 5])
    await expect.poll(() => versionsOf(bus, 'order-b')).toEqual([1, 2])
    await expect
      .poll(() => outboxStatus({ database: relays.database() }))
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
      await append(relays.store(), streamId, 3)
      let died = false
      const never = new Promise<void>(() => undefined)
      // This one hangs for good: as dead as a killed process, but its lease runs on.
      createRelay({
        database: relays.database(),
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
      relays.started(bus, { leaseMs: 300 })
      await expect.poll(() => outboxStatus({ database: relays.database() })).toMatchObject({ unpublished: 0 })
      expect(versionsOf(bus, streamId)).toEqual([1, 2, 3])
    },
  )

  it('lets rows wait while the bus is away and goes on when it is back', async () => {
    const bus = createPublishDouble()
    bus.refuse = () => ({ status: 'retry', reason: 'no responders' })
    await append(relays.store(), 'away', 2)
    relays.started(bus)
    await expect.poll(() => bus.offered()).toBeGreaterThan(3)
    expect(await outboxStatus({ database: relays.database() })).toMatchObject({ unpublished: 2, parked: 0 })
    bus.refuse = () => undefined
    await expect.poll(() => versionsOf(bus, 'away')).toEqual([1, 2])
  })

  it('retries one failing stream on its own while the others flow', async () => {
    const bus = createPublishDouble()
    bus.refuse = ({ streamId }) => (streamId === 'slow' ? { status: 'retry', reason: 'timeout' } : undefined)
    await append(relays.store(), 'slow', 2)
    await append(relays.store(), 'fast', 2)
    relays.started(bus)
    await expect.poll(() => versionsOf(bus, 'fast')).toEqual([1, 2])
    bus.refuse = () => undefined
    await expect.poll(() => versionsOf(bus, 'slow'), { timeout: 5000 }).toEqual([1, 2])
  })

  it('parks what can never be published, which blocks only its stream', async () => {
    const bus = createPublishDouble()
    let refusals = 0
    bus.refuse = ({ streamId, version }) => {
      if (streamId !== 'large' || version !== 2) return undefined
      refusals++
      return { status: 'park', reason: 'message_too_large: too large' }
    }
    await append(relays.store(), 'large', 3)
    await append(relays.store(), 'small', 1)
    relays.started(bus)
    await expect.poll(() => versionsOf(bus, 'small')).toEqual([1])
    await expect.poll(() => outboxStatus({ database: relays.database() })).toMatchObject({ parked: 1 })
    await append(relays.store(), 'small', 1)
    await expect.poll(() => versionsOf(bus, 'small')).toEqual([1, 2])
    expect(versionsOf(bus, 'large')).toEqual([1])
    expect(refusals).toBe(1)
  })

  it('shares the shards fairly and takes over those of a relay that left', async () => {
    const bus = createPublishDouble()
    const first = relays.started(bus, { leaseMs: 300 })
    await expect.poll(() => ownersOf()).toEqual([64])
    relays.started(bus, { leaseMs: 300 })
    await expect.poll(async () => (await ownersOf()).sort(), { timeout: 5000 }).toEqual([32, 32])
    await first.stop()
    await expect.poll(() => ownersOf(), { timeout: 5000 }).toEqual([64])
  })

  it('looks at once when it is woken, also when the wake-up comes while it is busy', async () => {
    const bus = createPublishDouble()
    const relay = relays.started(bus, { pollMs: 600_000 })
    for (let version = 1; version <= 5; version++) {
      await append(relays.store(), 'woken', 1)
      relay.wake()
      await expect.poll(() => versionsOf(bus, 'woken')).toHaveLength(version)
    }
  })

  it('reports a failing database and goes on afterwards', async () => {
    const bus = createPublishDouble()
    let failures = 1
    const relay = relays.started(bus, {
      crashPoint: () => {
        if (failures-- > 0) throw new Error('connection lost')
      },
    })
    await append(relays.store(), 'survives', 1)
    await expect.poll(() => versionsOf(bus, 'survives')).toEqual([1])
    expect(relay.errors).toHaveLength(1)
  })

  it('finds rows that commit below its low-water mark', async () => {
    const bus = createPublishDouble()
    relays.started(bus)
    await relays.store().transaction(async (unit) => {
      await unit.append(noted('late', 1))
      for (let round = 0; round < 3; round++) {
        await append(relays.store(), 'meanwhile', 1)
        await expect.poll(() => versionsOf(bus, 'meanwhile')).toHaveLength(round + 1)
        await sqlOf(relays.database())('select es.raise_low_ids(owner, false) from es.relay_shard')
      }
    })
    await expect.poll(() => versionsOf(bus, 'late')).toEqual([1])
  })
})
