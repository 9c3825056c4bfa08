import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { EventStore, Projection } from './event-store.ts'
import { openDatabase } from './open-database.ts'
import { createPostgresEventStore } from './postgres-event-store.ts'
import { type RebuildProgress, rebuildProjection } from './rebuild-projection.ts'
import { sqlOf } from './sql.ts'
import { contractFacts } from './testing/event-store-contract.ts'
import { useStoreDatabase } from './testing/use-store-database.ts'

const there = useStoreDatabase()
const clock = { now: () => new Date() }

/** How many facts each stream has: wrong as soon as one is missed or counted twice. */
const tallies: Projection = {
  name: 'tallies',
  apply: async (unit, { streamId }) => {
    await sqlOf(unit)(
      'insert into tally as t values ($1, 1) on conflict (stream_id) do update set facts = t.facts + 1',
      [streamId],
    )
  },
  forget: async (unit, streamId) => {
    await sqlOf(unit)('delete from tally where stream_id = $1', [streamId])
  },
}

let store: EventStore
const storeWith = (projection: Projection) =>
  createPostgresEventStore({
    database: there.open(),
    source: 'token-service',
    facts: contractFacts,
    projections: [projection],
    clock,
  })
const note = (streamId: string, streamType = 'thing', to = store) =>
  to.transaction((unit) =>
    unit.append({
      streamId,
      streamType,
      expectedVersion: 'any',
      facts: [{ type: 'Noted', data: {} }],
      metadata: { actor: { kind: 'schedule' }, correlationId: 'c' },
    }),
  )
const rows = () =>
  sqlOf(there.open())<{ stream_id: string; facts: number }>('select * from tally order by stream_id')
const truth = () =>
  sqlOf(there.open())('select stream_id, version::integer as facts from es.stream order by stream_id')

const waitingForALock = async () => {
  const [row] = await sqlOf(there.open())<{ waiting: number }>(
    `select count(*)::integer as waiting from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`,
  )
  return row?.waiting ?? 0
}

beforeAll(async () => {
  const admin = await openDatabase({ url: there.url, applicationName: 'test' })
  await sqlOf(admin)(
    `create table tally (stream_id text primary key, facts integer not null);
      create table mention (stream_id text, version bigint);
      grant all on tally, mention to evergrant_service`,
  )
  await admin.close()
  store = storeWith(tallies)
  for (const id of ['a', 'b', 'c', 'a', 'b', 'a']) await note(id)
})

afterEach(() => rebuildProjection({ store, database: there.open(), projection: tallies }))

describe('an inline projection', () => {
  it('commits with its facts', async () => {
    expect(await rows()).toEqual(await truth())
  })

  it('comes back from the facts alone, with progress', async () => {
    await sqlOf(there.open())('delete from tally')
    const seen: RebuildProgress[] = []
    const result = await rebuildProjection({
      store,
      database: there.open(),
      projection: tallies,
      onProgress: (progress) => seen.push(progress),
    })
    expect(await rows()).toEqual(await truth())
    expect(result).toEqual(seen.at(-1))
    expect(seen.map(({ streams }) => streams)).toEqual(seen.map((_, index) => index + 1))
  })

  it('misses and doubles nothing while writers go on', async () => {
    let writing = true
    const writer = async (streamOf: (n: number) => string) => {
      for (let n = 0; n < 40; n++) await note(streamOf(n))
    }
    const writers = Promise.all([writer(() => 'a'), writer(() => 'b'), writer((n) => `new-${n % 5}`)]).then(
      () => {
        writing = false
      },
    )
    do {
      await rebuildProjection({ store, database: there.open(), projection: tallies })
    } while (writing)
    await writers
    expect(await rows()).toEqual(await truth())
  })

  it('keeps a writer out between forgetting a stream and reading it', async () => {
    let writer: Promise<unknown> | undefined
    let written = false
    const mentions: Projection = {
      name: 'mentions',
      apply: async (unit, { streamId, version }) => {
        await sqlOf(unit)('insert into mention values ($1, $2)', [streamId, version])
      },
      forget: async (unit, streamId) => {
        await sqlOf(unit)('delete from mention where stream_id = $1', [streamId])
        if (streamId !== 'contended') return
        writer = note(streamId, 'contended', mentioning).then(() => {
          written = true
        })
        await expect.poll(async () => written || (await waitingForALock()) > 0).toBe(true)
      },
    }
    const mentioning = storeWith(mentions)
    await note('contended', 'contended', mentioning)
    const rebuild = { store: mentioning, database: there.open(), projection: mentions }
    await rebuildProjection({ ...rebuild, streamTypes: ['contended'] })
    await writer
    expect(await sqlOf(there.open())('select version::integer from mention order by version')).toEqual([
      { version: 1 },
      { version: 2 },
    ])
  })

  it('is left alone by a dry run, which still tells how much there is', async () => {
    await sqlOf(there.open())("update tally set facts = 99 where stream_id = 'c'")
    const result = await rebuildProjection({
      store,
      database: there.open(),
      projection: tallies,
      dryRun: true,
    })
    expect(result.facts).toBeGreaterThan(5)
    expect(await rows()).toContainEqual({ stream_id: 'c', facts: 99 })
  })

  it('can be rebuilt for streams of one type', async () => {
    await note('other', 'other-thing')
    await sqlOf(there.open())('update tally set facts = 99')
    await rebuildProjection({
      store,
      database: there.open(),
      projection: tallies,
      streamTypes: ['other-thing'],
    })
    expect(await rows()).toContainEqual({ stream_id: 'other', facts: 1 })
    expect(await rows()).toContainEqual({ stream_id: 'c', facts: 99 })
  })
})
