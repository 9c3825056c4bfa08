import { randomUUID } from 'node:crypto'
import type { EventMessage } from '@evergrant/event-contracts'
import { describe, expect, it } from 'vitest'
import { sqlOf } from '../database/sql.ts'
import { markRows, nextRows } from '../outbox/outbox-rows.ts'
import { revokedMessage } from '../testing/public-events.ts'
import { createPublishDouble } from '../testing/publish-double.ts'
import { append, useRelays, versionsOf } from '../testing/use-relays.ts'
import { findLost } from './find-lost.ts'
import { newestRewind } from './newest-rewind.ts'
import { recordRewind } from './record-rewind.ts'
import type { ReadPublished, Rewind } from './rewinds.ts'
import { type RewindWatchOptions, watchForRewinds } from './watch-for-rewinds.ts'

const relays = useRelays()
const source = 'token-service'
const clock = { now: () => new Date('2026-11-30T12:00:00.000Z') }
const stream = () => `rewound-${randomUUID()}`

/** What is on the bus: from a double, or said in a past that the database does not know. */
function reading(messages: () => readonly EventMessage[]) {
  const asked: Parameters<ReadPublished>[0][] = []
  const read: ReadPublished = async function* (from) {
    asked.push(from)
    const first = 'sequence' in from ? from.sequence : 1
    yield* messages()
      .map((message, index) => ({ ...message, sequence: index + 1 }))
      .slice(first - 1)
  }
  return { read, asked }
}

function watching(readPublished: ReadPublished, options: Partial<RewindWatchOptions> = {}) {
  const found: Rewind[] = []
  const watch = watchForRewinds({
    database: relays.database(),
    store: relays.store(),
    source,
    readPublished,
    clock,
    onFound: (rewind) => found.push(rewind),
    ...options,
  })
  return { watch, found }
}

const published = async (streamId: string, count: number) => {
  const bus = createPublishDouble()
  await append(relays.store(), streamId, count)
  const relay = relays.started(bus)
  await expect.poll(() => versionsOf(bus, streamId)).toHaveLength(count)
  await relay.stop()
  return bus
}
const numbersOf = (streamId: string) =>
  sqlOf(relays.database())<{ version: number; id: string; repair: number; waiting: boolean }>(
    `select version::float8, headers->>'ce-id' as id, repair, published_at is null as waiting
      from es.outbox where stream_id = $1 order by version`,
    [streamId],
  )
/** What a relay that owned every shard would publish next. */
const nextOf = async (streamId: string) => {
  const sql = sqlOf(relays.database())
  await sql('select es.lease_shards($1, 60000)', ['reader'])
  const rows = await nextRows(sql, 'reader', 5_000)
  await sql('update es.relay_shard set owner = null')
  await sql('delete from es.relay')
  return rows.filter((row) => row.streamId === streamId)
}
const lost = (streamId: string, ...versions: number[]) =>
  versions.map((version) => revokedMessage({ streamId, version }))

describe('looking whether the database was put back', () => {
  it('reads no more than came after the newest mark, and finds nothing in what the database knows', async () => {
    const bus = await published(stream(), 3)
    const { read, asked } = reading(() => bus.stored)
    const { watch, found } = watching(read)
    expect(await watch.lookedAgain()).toBe(true)
    expect(asked).toEqual([{ sequence: 3 }, { sequence: 4 }])
    expect(found).toEqual([])
  })

  it('reads from some minutes before the newest mark where its sequence leads to another message', async () => {
    const streamId = stream()
    const bus = await published(streamId, 2)
    const { read, asked } = reading(() => [...lost('another', 1), ...bus.stored].slice(0, 2))
    const { watch } = watching(read)
    await watch.lookedAgain()
    const [row] = await sqlOf(relays.database())<{ at: string }>(
      `select max(published_at) as at from es.outbox where stream_id = $1`,
      [streamId],
    )
    const since = asked[1] && 'since' in asked[1] ? asked[1].since : undefined
    expect(new Date(row?.at ?? 0).getTime() - (since?.getTime() ?? 0)).toBeCloseTo(5 * 60_000, -1)
  })

  it('is due once, and again whenever a connection was opened', async () => {
    const bus = await published(stream(), 1)
    const { watch } = watching(reading(() => bus.stored).read)
    while (await watch.lookedAgain());
    expect(await watch.lookedAgain()).toBe(false)
    const sql = sqlOf(relays.database())
    await sql(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()`,
    ).catch(() => undefined)
    await expect
      .poll(async () => {
        await Promise.all(
          Array.from({ length: 4 }, () => sql('select pg_sleep(0.01)').catch(() => undefined)),
        )
        return watch.lookedAgain().catch(() => undefined)
      })
      .toBe(true)
  })

  it('leaves what others said under the same subject alone', async () => {
    const foreign = revokedMessage({ streamId: stream(), version: 9, source: 'calendar-service' })
    const { watch, found } = watching(reading(() => [foreign]).read)
    await watch.lookedAgain()
    expect(found).toEqual([])
  })
})

describe('a database that was put back', () => {
  it('gives new numbers above those that were heard, and what waits goes out under them', async () => {
    const streamId = stream()
    const bus = await published(streamId, 2)
    await append(relays.store(), streamId, 2)
    const said = [...bus.stored, ...lost(streamId, 3, 4, 5)]
    const { watch, found } = watching(reading(() => said).read)
    expect(await watch.lookedAgain()).toBe(true)
    expect(found).toEqual([{ foundAt: clock.now(), streams: 1, publications: 3 }])
    await append(relays.store(), streamId, 1)
    expect((await numbersOf(streamId)).map(({ id }) => id)).toEqual(
      [1, 2, 6, 7, 8].map((version) => `${streamId}@${version}`),
    )
    expect(await newestRewind({ database: relays.database() })).toEqual(found[0])
  })

  it('says again what went out under numbers that were taken, for nobody has applied it', async () => {
    const streamId = stream()
    const bus = await published(streamId, 2)
    const said = [...lost(streamId, 1, 2), ...bus.stored]
    const { watch } = watching(reading(() => said).read)
    await watch.lookedAgain()
    expect(await numbersOf(streamId)).toEqual(
      [3, 4].map((version) => ({ version, id: `${streamId}@${version}`, repair: 1, waiting: true })),
    )
    relays.started(bus)
    await expect.poll(() => versionsOf(bus, streamId)).toEqual([1, 2, 3, 4])
  })

  it('leaves what it had not marked yet under its number: it is the same event', async () => {
    const streamId = stream()
    const bus = await published(streamId, 2)
    await sqlOf(relays.database())(
      'update es.outbox set published_at = null, sequence = null where stream_id = $1 and version = 2',
      [streamId],
    )
    const { watch } = watching(reading(() => [...bus.stored, ...lost(streamId, 3)]).read)
    await watch.lookedAgain()
    await append(relays.store(), streamId, 1)
    expect((await numbersOf(streamId)).map(({ version }) => version)).toEqual([1, 2, 4])
  })

  it('holds back a stream it does not know until its numbers are lifted, whoever begins it', async () => {
    const streamId = stream()
    const { watch } = watching(reading(() => lost(streamId, 1, 2)).read)
    await watch.lookedAgain()
    while (await watch.lookedAgain());
    expect(watch.waiting()).toBe(true)
    await append(relays.store(), streamId, 2)
    const sql = sqlOf(relays.database())
    await sql('select es.lease_shards($1, 60000)', ['reader'])
    const next = async () => (await nextRows(sql, 'reader', 5_000)).filter((row) => row.streamId === streamId)
    expect(await next()).toEqual([])
    expect(await watch.lookedAgain()).toBe(true)
    expect((await next()).map(({ version }) => version)).toEqual([3, 4])
    await sql('update es.relay_shard set owner = null')
  })

  it('does not take a lifted event for published because its old number was being published', async () => {
    const streamId = stream()
    await append(relays.store(), streamId, 1)
    const sql = sqlOf(relays.database())
    const [row] = await nextOf(streamId)
    if (!row) throw new Error('nothing to publish')
    const { watch } = watching(reading(() => lost(streamId, 1)).read)
    await watch.lookedAgain()
    await markRows(sql, [{ row, outcome: { status: 'published', sequence: 1, duplicate: true }, delayMs: 0 }])
    expect(await numbersOf(streamId)).toMatchObject([{ version: 2, waiting: true }])
  })

  it('is written down once, however many replicas found it', async () => {
    const streamId = stream()
    const bus = await published(streamId, 1)
    const { read } = reading(() => [...bus.stored, ...lost(streamId, 2)])
    const both = await findLost(sqlOf(relays.database()), source, read)
    const record = () => relays.store().transaction((unit) => recordRewind(unit, both, clock.now()))
    expect(await record()).toMatchObject({ publications: 1 })
    expect(await record()).toBe(null)
    await append(relays.store(), streamId, 1)
    expect((await numbersOf(streamId)).map(({ version }) => version)).toEqual([1, 3])
  })

  it('moves its positions on, so that a reader who remembers one from before misses nothing', async () => {
    const [before, after] = [stream(), stream()]
    const bus = await published(before, 1)
    const store = relays.store()
    const all = await store.readAll({ after: 0, limit: 10_000 })
    const remembered = (all.at(-1)?.position ?? 0) + 1_000_000
    const { watch } = watching(reading(() => [...bus.stored, ...lost(before, 2)]).read)
    await watch.lookedAgain()
    await append(store, after, 1)
    const news = await store.readAll({ after: remembered, limit: 10 })
    expect(news.map(({ streamId }) => streamId)).toEqual([after])
  })

  it('lifts the numbers a service keeps itself in the same transaction, or nothing at all', async () => {
    const streamId = stream()
    const bus = await published(streamId, 1)
    const { read } = reading(() => [...bus.stored, ...lost(streamId, 2)])
    const failing = watching(read, { onRewound: () => Promise.reject(new Error('not now')) })
    await expect(failing.watch.lookedAgain()).rejects.toThrow('not now')
    expect(failing.found).toEqual([])
    const told: unknown[] = []
    const { watch, found } = watching(read, {
      onRewound: async (unit) => {
        told.push(...(await sqlOf(unit)('select streams from es.rewind order by id desc limit 1')))
      },
    })
    await watch.lookedAgain()
    expect(found).toHaveLength(1)
    expect(told).toEqual([{ streams: 1 }])
  })
})
