import { describe, expect, it } from 'vitest'
import { createMetrics } from '../metrics.ts'
import { createExchangeMetrics } from './exchange-metrics.ts'
import type { ExchangeStatus } from './exchange-status.ts'

const now = new Date('2026-01-01T00:00:10.000Z')
const status: ExchangeStatus = {
  bus: { connected: true, since: '2026-01-01T00:00:00.000Z', serverVersion: '2.15.1' },
  outbox: { unpublished: 3, parked: 1, oldestUnpublishedSeconds: 7.5 },
  inbox: {
    consumer: 'token-service',
    parked: 2,
    blockedStreams: 2,
    waiting: 4,
    retrying: 0,
    oldestHeldSeconds: 9,
  },
  lag: { OAUTH: { waiting: 11, unacknowledged: 0 }, CALENDAR: null },
}

describe('the metrics of the event exchange', () => {
  const open = (read: () => Promise<ExchangeStatus>) => {
    const errors: unknown[] = []
    const metrics = createMetrics('token-service')
    const meters = createExchangeMetrics(metrics, {
      status: read,
      streams: [],
      oldestUnprocessed: async () => null,
      clock: { now: () => now },
      onError: (error) => errors.push(error),
    })
    const values = async () =>
      Object.fromEntries(
        (await metrics.text())
          .split('\n')
          .filter((line) => line.startsWith('evergrant_'))
          .map((line) => [
            line.replace(/ .*/, '').replace(/,?service="[^"]*"/, ''),
            Number(line.replace(/.* /, '')),
          ]),
      )
    return { meters, values, errors }
  }

  it('tell what waits, measured when somebody asks, and once for all gauges', async () => {
    let reads = 0
    const { values } = open(async () => {
      reads++
      return status
    })
    expect(await values()).toMatchObject({
      'evergrant_bus_connected{}': 1,
      'evergrant_outbox_unpublished{}': 3,
      'evergrant_outbox_oldest_unpublished_seconds{}': 7.5,
      'evergrant_outbox_parked{}': 1,
      'evergrant_inbox_parked{}': 2,
      'evergrant_inbox_held{}': 4,
      'evergrant_consumer_waiting{stream="OAUTH"}': 11,
    })
    expect(reads).toBe(1)
  })

  it('show nothing rather than an old number while the database cannot be asked', async () => {
    let away = false
    const { values, errors } = open(async () => {
      if (away) throw new Error('the database is away')
      return status
    })
    await values()
    away = true
    const names = Object.keys(await values())
    expect(names).not.toContain('evergrant_outbox_unpublished{}')
    expect(names).not.toContain('evergrant_consumer_waiting{stream="OAUTH"}')
    expect(errors.length).toBeGreaterThan(0)
  })

  it('count outcomes of publishing, repairs, and how late events were applied', async () => {
    const { meters, values } = open(async () => status)
    meters.published([
      { status: 'published', sequence: 1, duplicate: false },
      { status: 'retry', reason: 'away' },
    ])
    meters.asked(2)
    meters.repaired(5)
    const payload = new Uint8Array()
    meters.received([
      { subject: 's', headers: { 'ce-time': '2026-01-01T00:00:06.000Z' }, payload },
      { subject: 's', headers: {}, payload },
    ])
    expect(await values()).toMatchObject({
      'evergrant_events_published_total{outcome="published"}': 1,
      'evergrant_events_published_total{outcome="retry"}': 1,
      'evergrant_repairs_requested_total{}': 2,
      'evergrant_events_republished_total{}': 5,
      'evergrant_event_delay_seconds_count{}': 1,
      'evergrant_event_delay_seconds_sum{}': 4,
    })
  })
})
