import { describe, expect, it } from 'vitest'
import { type ExchangeStatus, healthOf } from './exchange-status.ts'

const fine: ExchangeStatus = {
  bus: { connected: true, since: '2026-01-01T00:00:00.000Z', serverVersion: '2.15.1' },
  outbox: { unpublished: 3, parked: 0, oldestUnpublishedSeconds: 2 },
  inbox: {
    consumer: 'token-service',
    parked: 0,
    blockedStreams: 0,
    waiting: 1,
    retrying: 0,
    oldestHeldSeconds: 1,
  },
  lag: {},
}

describe('the health of the event exchange', () => {
  it('is ok while events wait only as long as they normally do', () => {
    expect(healthOf(fine)).toEqual({ status: 'ok' })
  })

  it('names the bus before what follows from it', () => {
    const outage = {
      ...fine,
      bus: { ...fine.bus, connected: false },
      outbox: { ...fine.outbox, oldestUnpublishedSeconds: 600 },
    }
    expect(healthOf(outage)).toMatchObject({ status: 'degraded', reason: 'bus_unreachable' })
  })

  it('is degraded, not unavailable, whatever waits: the API does not need the bus', () => {
    const waits: [Partial<ExchangeStatus>, string][] = [
      [{ outbox: { ...fine.outbox, parked: 1 } }, 'outbox_parked'],
      [{ inbox: { ...fine.inbox, parked: 2 } }, 'inbox_parked'],
      [{ outbox: { ...fine.outbox, oldestUnpublishedSeconds: 61 } }, 'outbox_late'],
      [{ inbox: { ...fine.inbox, oldestHeldSeconds: 61 } }, 'inbox_held'],
    ]
    for (const [part, reason] of waits) {
      expect(healthOf({ ...fine, ...part })).toMatchObject({ status: 'degraded', reason })
    }
  })
})
