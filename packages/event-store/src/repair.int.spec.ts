import { contracts, type EventMessage, eventId } from '@evergrant/event-contracts'
import { describe, expect, it } from 'vitest'
import { sqlOf } from './database/sql.ts'
import { createInbox } from './inbox/postgres-inbox.ts'
import { createPostgresEventStore } from './log/postgres-event-store.ts'
import { outboxStatus } from './outbox/outbox-status.ts'
import { pruneOutbox } from './outbox/prune-outbox.ts'
import { createRelay } from './outbox/relay.ts'
import { compareDigest, digestOf, type Gap, gapsToRepair, republish } from './repair.ts'
import { contractFacts } from './testing/event-store-contract.ts'
import { createPublishDouble } from './testing/publish-double.ts'
import { append } from './testing/use-relays.ts'
import { useStoreDatabase } from './testing/use-store-database.ts'

const publisher = useStoreDatabase()
const subscriber = useStoreDatabase()
const clock = { now: () => new Date() }

const storeOf = (there: typeof publisher, source: string) =>
  createPostgresEventStore({
    database: there.open(),
    source,
    facts: contractFacts,
    projections: [],
    clock,
  })

const publish = (streamId: string, count: number) =>
  append(storeOf(publisher, 'token-service'), streamId, count)

function consumerOf(consumer: string) {
  const store = storeOf(subscriber, consumer)
  const inbox = createInbox({
    store,
    database: subscriber.open(),
    consumer,
    handlers: {
      [contracts.grantRevoked.subject]: async ({ attributes }, unit) => {
        await unit.append({
          streamId: `effects-${consumer}-${attributes.streamId}`,
          streamType: 'effects',
          expectedVersion: 'any',
          facts: [{ type: 'Noted', data: { id: eventId(attributes) } }],
          metadata: { actor: { kind: 'service' }, correlationId: 'c' },
        })
      },
    },
    clock,
    onError: () => undefined,
  })
  const applied = async (streamId: string) => {
    const { facts } = await store.readStream(`effects-${consumer}-${streamId}`)
    return facts.map(({ data }) => ('id' in data ? data.id : undefined))
  }
  /** Everything this consumer knows to be missing, from held gaps and from the publisher's digest. */
  const missing = async (): Promise<readonly Gap[]> => {
    const where = { database: subscriber.open(), consumer, clock }
    const digest = await digestOf({ database: publisher.open(), source: 'token-service', since: new Date(0) })
    return [
      ...(await gapsToRepair({ ...where, olderThanMs: 0 })),
      ...(await compareDigest({ ...where, digest })),
    ]
  }
  return { inbox, applied, missing }
}

const repairAll = async (gaps: readonly Gap[]) => {
  for (const gap of gaps) await republish({ database: publisher.open(), ...gap, notAgainWithinMs: 0 })
}

/** Deterministic, so that a failure can be seen again. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state / 2 ** 31
  }
}

describe('repair', () => {
  it('brings every event to its effect once and in order, over a bus that loses, doubles and reorders', async () => {
    const random = randomFrom(7)
    const bus = createPublishDouble()
    const relay = createRelay({
      database: publisher.open(),
      publish: bus.publish,
      instanceId: 'repair-relay',
      onError: () => undefined,
      pollMs: 10,
    })
    const streams = Array.from({ length: 12 }, (_, n) => `repair-${n}`)
    for (let round = 0; round < 6; round++) {
      await Promise.all(streams.map((stream, n) => publish(stream, 1 + ((round + n) % 3))))
    }
    relay.start()
    const { inbox, applied, missing } = consumerOf('lossy')
    let delivered = 0
    const deliver = async (lossRate: number) => {
      await expect.poll(() => outboxStatus({ database: publisher.open() })).toMatchObject({ unpublished: 0 })
      const fresh: EventMessage[] = bus.stored.slice(delivered)
      delivered = bus.stored.length
      const arriving = fresh
        .flatMap((message) => (random() < lossRate ? [] : random() < 0.2 ? [message, message] : [message]))
        .map((message) => ({ message, at: random() }))
        .sort((one, other) => one.at - other.at)
        .map(({ message }) => message)
      for (let at = 0; at < arriving.length; at += 10) {
        expect(await inbox.receive(arriving.slice(at, at + 10))).toEqual({ status: 'done' })
      }
    }
    await deliver(0.5)
    expect(await missing()).not.toEqual([])
    await repairAll(await missing())
    await deliver(0.3)
    await repairAll(await missing())
    await deliver(0)
    expect(await missing()).toEqual([])
    await relay.stop()
    for (const stream of streams) {
      const { facts } = await storeOf(publisher, 'token-service').readStream(stream)
      expect(facts).toHaveLength(6)
      const [row] = await sqlOf(publisher.open())<{ last: number }>(
        'select published_version::float8 as last from es.stream where stream_id = $1',
        [stream],
      )
      const all = Array.from({ length: row?.last ?? 0 }, (_, n) => `${stream}@${n + 1}`)
      expect(await applied(stream)).toEqual(all)
    }
  })

  it('tells a late consumer where the history that still exists begins', async () => {
    await publish('pruned', 5)
    await sqlOf(publisher.open())(
      "update es.outbox set published_at = now() - interval '2 days' where stream_id = 'pruned' and version <= 3",
    )
    await sqlOf(publisher.open())(
      "update es.outbox set published_at = now() where stream_id = 'pruned' and version > 3",
    )
    const before = new Date(Date.now() - 86_400_000)
    expect(await pruneOutbox({ database: publisher.open(), before })).toMatchObject({ publications: 3 })
    const { inbox, applied } = consumerOf('late')
    const newest = { source: 'token-service', streamId: 'pruned', from: 1, to: 4 }
    const answer = await republish({ database: publisher.open(), ...newest })
    expect(answer).toEqual({ firstAvailable: 4, republished: 1 })
    await inbox.startAt(newest, answer.firstAvailable ?? 1)
    const rows = await sqlOf(publisher.open())<EventMessage>(
      "select subject, headers, payload from es.outbox where stream_id = 'pruned' order by id",
    )
    await inbox.receive(rows)
    expect(await applied('pruned')).toEqual(['pruned@4', 'pruned@5'])
  })

  it('keeps the newest publication of a stream, however old, so that digests go on telling of it', async () => {
    await publish('quiet', 2)
    const sql = sqlOf(publisher.open())
    await sql("update es.outbox set published_at = now() - interval '9 days' where stream_id = 'quiet'")
    await pruneOutbox({ database: publisher.open(), before: new Date() })
    const { streams } = await digestOf({
      database: publisher.open(),
      source: 'token-service',
      since: new Date(0),
    })
    expect(streams).toContainEqual(['quiet', 2])
  })

  it('says nothing in a digest about what has not gone out yet', async () => {
    await publish('waiting', 1)
    const { streams } = await digestOf({
      database: publisher.open(),
      source: 'token-service',
      since: new Date(0),
    })
    expect(streams.map(([streamId]) => streamId)).not.toContain('waiting')
  })
})
