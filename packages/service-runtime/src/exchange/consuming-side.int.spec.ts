import { createInMemoryEventBus } from '@evergrant/event-bus/testing'
import { eventStoreMigrations, migrate, openDatabase } from '@evergrant/event-store'
import { useDatabase } from '@evergrant/stack/testing'
import { describe, expect, it, vi } from 'vitest'
import { systemClock } from '../clock-and-ids.ts'
import { startConsumingSide } from './consuming-side.ts'
import { repairRequestSchema } from './repair-messages.ts'

const patience = { timeout: 15_000, interval: 10 }

describe('what a digest told of and never came', () => {
  const place = useDatabase({
    template: { name: 'event_store', migrate: (url) => migrate({ url, migrations: eventStoreMigrations }) },
  })

  it('is owed no more once its publisher has forgotten it', async () => {
    const database = await openDatabase({ url: place.serviceUrl, applicationName: 'spec' })
    const bus = createInMemoryEventBus()
    const asked: string[] = []
    let known = true
    await bus.serve({
      ...{ name: 'token-service-repair', version: '1.0.0', description: 'the publisher of this spec' },
      endpoints: {
        repair: {
          subject: 'evergrant.repair.token',
          handle: async (body) => {
            const { gaps } = repairRequestSchema.parse(body)
            asked.push(...gaps.map(({ streamId }) => streamId))
            const answer = { firstAvailable: known ? 1 : null, republished: 0 }
            return { ok: true, body: { results: gaps.map(() => answer) } }
          },
        },
      },
    })
    let sweeps = 0
    const side = startConsumingSide({
      ...{ database, bus, consumer: 'calendar-service', streams: ['TOKEN'], clock: systemClock },
      inbox: {
        receive: async () => ({ status: 'done' }),
        sweep: async () => ++sweeps,
        startAt: async () => undefined,
        parked: {} as never,
      },
      ...{ sweepEveryMs: 5, repairAfterMs: 5 },
      ...{ onReceived: () => undefined, onAsked: () => undefined, onError: () => undefined },
    })
    bus.broadcast('evergrant.digest.token', { source: 'token-service', streams: [['ended', 3]] })
    await vi.waitFor(() => expect(asked.length).toBeGreaterThan(2), patience)
    known = false
    const soFar = asked.length
    await vi.waitFor(() => expect(asked.length).toBeGreaterThan(soFar), patience)
    const later = sweeps + 2
    await vi.waitFor(() => expect(sweeps).toBeGreaterThan(later), patience)
    const inTheEnd = asked.length
    const muchLater = sweeps + 20
    await vi.waitFor(() => expect(sweeps).toBeGreaterThan(muchLater), patience)
    expect(asked).toHaveLength(inTheEnd)
    await side.stop()
    await database.close()
  })
})
