import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openDatabase } from '../database/open-database.ts'
import { sqlOf } from '../database/sql.ts'
import type { EventStore, Projection } from '../log/event-store.ts'
import { createPostgresEventStore } from '../log/postgres-event-store.ts'
import { contractFacts } from '../testing/event-store-contract.ts'
import { useStoreDatabase } from '../testing/use-store-database.ts'
import { rebuildFromFacts } from './rebuild-from-facts.ts'
import { type Rebuild, type RebuildProgress, rebuildProjection } from './rebuild-projection.ts'

const there = useStoreDatabase()
const clock = { now: () => new Date() }

/** How many facts each stream has: wrong as soon as one is missed or counted twice. Whoever looks at one notes it. */
const tallies: Projection = {
  name: 'tallies',
  apply: async (unit, { streamId }) => {
    await sqlOf(unit)(
      'insert into tally as t (stream_id, facts) values ($1, 1) on conflict (stream_id) do update set facts = t.facts + 1',
      [streamId],
    )
  },
  forget: async (unit, streamId) => {
    await sqlOf(unit)('delete from tally where stream_id = $1', [streamId])
  },
}

const rebuildable = (projection: Projection, ...streamTypes: string[]) =>
  rebuildFromFacts(projection, {
    streamTypes: ['thing', ...streamTypes],
    tables: [{ table: 'tally', key: ['stream_id'], where: 'stream_id = $1', kept: ['seen_at'] }],
  })

let store: EventStore
const rebuild = (options: Partial<Rebuild> = {}) =>
  rebuildProjection({ store, database: there.open(), projection: rebuildable(tallies), ...options })
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
  sqlOf(there.open())<{ stream_id: string; facts: number }>('select stream_id, facts from tally order by 1')
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
    `create table tally (stream_id text primary key, facts integer not null, seen_at timestamptz);
      create table mention (stream_id text, version bigint);
      grant all on tally, mention to evergrant_service`,
  )
  await admin.close()
  store = storeWith(tallies)
  for (const id of ['a', 'b', 'c', 'a', 'b', 'a']) await note(id)
})

afterEach(() => rebuild())

describe('an inline projection', () => {
  it('commits with its facts', async () => {
    expect(await rows()).toEqual(await truth())
  })

  it('comes back from the facts alone, with progress', async () => {
    await sqlOf(there.open())('delete from tally')
    const seen: RebuildProgress[] = []
    const result = await rebuild({ onProgress: (progress) => seen.push(progress) })
    expect(await rows()).toEqual(await truth())
    expect(result).toEqual(seen.at(-1))
    expect(seen.map(({ streams }) => streams)).toEqual(seen.map((_, index) => index + 1))
  })

  it('is told apart from what the facts say: changed, missing and superfluous rows', async () => {
    const sql = sqlOf(there.open())
    await sql("update tally set facts = 99 where stream_id = 'a'; delete from tally where stream_id = 'b'")
    const twoTables = rebuildFromFacts(
      {
        ...tallies,
        forget: async (unit, streamId) => {
          await tallies.forget(unit, streamId)
          await sqlOf(unit)('delete from mention where stream_id = $1', [streamId])
        },
      },
      {
        streamTypes: ['thing'],
        tables: [
          { table: 'tally', key: ['stream_id'], where: 'stream_id = $1', kept: ['seen_at'] },
          { table: 'mention', key: ['stream_id', 'version'], where: 'stream_id = $1' },
        ],
      },
    )
    await sql("insert into mention values ('c', 1)")
    expect(await rebuild({ projection: twoTables })).toMatchObject({ streams: 3, rows: 3, wrong: 3 })
    expect(await rows()).toEqual(await truth())
    expect(await sql('select * from mention')).toEqual([])
    expect(await rebuild({ projection: twoTables })).toMatchObject({ rows: 3, wrong: 0 })
  })

  it('writes no row that is right, and keeps what others than facts write', async () => {
    const sql = sqlOf(there.open())
    await sql("update tally set seen_at = '2026-01-01'; update tally set facts = 99 where stream_id = 'a'")
    const written = () => sql('select stream_id, xmin from tally where stream_id <> $1 order by 1', ['a'])
    const before = await written()
    expect(await rebuild()).toMatchObject({ wrong: 1 })
    expect(await written()).toEqual(before)
    expect(await sql('select facts, seen_at is not null as seen from tally order by stream_id')).toEqual([
      { facts: 3, seen: true },
      { facts: 2, seen: true },
      { facts: 1, seen: true },
    ])
  })

  it('is mended in place: whoever waits for a wrong row meanwhile gets it, mended', async () => {
    const sql = sqlOf(there.open())
    await sql("update tally set facts = 99 where stream_id = 'a'")
    let waiting: Promise<unknown[]> | undefined
    const slow = rebuildable(tallies)
    await rebuild({
      projection: {
        ...slow,
        rebuild: async (unit, streamId) => {
          const result = await slow.rebuild(unit, streamId)
          if (streamId !== 'a') return result
          waiting = store.transaction((other) =>
            sqlOf(other)("select facts from tally where stream_id = 'a' for update"),
          )
          await expect.poll(waitingForALock).toBeGreaterThan(0)
          return result
        },
      },
    })
    expect(await waiting).toEqual([{ facts: 3 }])
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
      expect(await rebuild()).toMatchObject({ wrong: 0 })
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
        writer = note(streamId, 'contended', mentioning).then(() => {
          written = true
        })
        await expect.poll(async () => written || (await waitingForALock()) > 0).toBe(true)
      },
    }
    const mentioning = storeWith(mentions)
    await note('contended', 'contended', mentioning)
    await rebuild({
      projection: rebuildFromFacts(mentions, {
        streamTypes: ['contended'],
        tables: [{ table: 'mention', key: ['stream_id', 'version'], where: 'stream_id = $1' }],
      }),
    })
    await writer
    expect(await sqlOf(there.open())('select version::integer from mention order by version')).toEqual([
      { version: 1 },
      { version: 2 },
    ])
  })

  it('is left alone by a dry run, which still tells what is wrong', async () => {
    await sqlOf(there.open())("update tally set facts = 99 where stream_id = 'c'")
    expect(await rebuild({ dryRun: true })).toMatchObject({ wrong: 1 })
    expect(await rows()).toContainEqual({ stream_id: 'c', facts: 99 })
  })

  it('is rebuilt for its own types of streams only', async () => {
    await note('other', 'other-thing')
    await sqlOf(there.open())("update tally set facts = 99 where stream_id = 'other'")
    await rebuild()
    expect(await rows()).toContainEqual({ stream_id: 'other', facts: 99 })
    await rebuild({ projection: rebuildable(tallies, 'other-thing') })
    expect(await rows()).toContainEqual({ stream_id: 'other', facts: 1 })
  })

  it('goes on where it was stopped', async () => {
    let stopped: string | null = null
    const stop = new Error('stopped')
    const stopping = rebuild({
      onProgress: ({ last }) => {
        stopped = last
        throw stop
      },
    })
    await expect(stopping).rejects.toBe(stop)
    expect(stopped).toBe('a')
    const { streams, totalStreams } = await rebuild({ after: 'a' })
    expect(streams).toBe(totalStreams)
    const all = await rebuild()
    expect(all.streams).toBe(streams + 1)
  })
})
