import { contracts, publication } from '@evergrant/event-contracts'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openDatabase } from '../database/open-database.ts'
import { sqlOf } from '../database/sql.ts'
import type { Projection } from '../log/event-store.ts'
import { createPostgresEventStore } from '../log/postgres-event-store.ts'
import { digestOf, republish } from '../repair.ts'
import { contractFacts } from '../testing/event-store-contract.ts'
import { useStoreDatabase } from '../testing/use-store-database.ts'
import { forgetOldStreams, type OldStreams, type RowsOfStreams } from './forget-old-streams.ts'

const there = useStoreDatabase()
const revoked = publication(contracts.grantRevoked, contracts.grantRevoked.example)
const before = new Date('2026-11-10T00:00:00Z')
const long = new Date('2026-11-01T00:00:00Z')
const lately = new Date('2026-11-20T00:00:00Z')
let now = long

/** One row a stream, which counts its facts. */
const tallies: Projection = {
  name: 'tallies',
  apply: async (unit, { streamId }) => {
    const add =
      'insert into tally values ($1, 1) on conflict (stream_id) do update set facts = tally.facts + 1'
    await sqlOf(unit)(add, [streamId])
  },
  forget: async (unit, streamId) => {
    await sqlOf(unit)('delete from tally where stream_id = $1', [streamId])
  },
}
const rows: RowsOfStreams = {
  lock: async (unit, streamIds) => {
    const text = 'select stream_id as id from tally where stream_id = any($1) for update skip locked'
    return (await sqlOf(unit)<{ id: string }>(text, [streamIds])).map(({ id }) => id)
  },
  forget: async (unit, streamIds) => {
    await sqlOf(unit)('delete from tally where stream_id = any($1)', [streamIds])
  },
}

const sql = <Row>(text: string, params: readonly unknown[] = []) => sqlOf(there.open())<Row>(text, params)
const store = () =>
  createPostgresEventStore({
    database: there.open(),
    source: 'token-service',
    facts: contractFacts,
    projections: [tallies],
    clock: { now: () => now },
  })
/** A journey is over with `Counted`. */
const journey = async (
  streamId: string,
  { ended = true, at = long, published = true, streamType = 'journey' } = {},
) => {
  now = at
  await store().transaction((unit) =>
    unit.append({
      streamId,
      streamType,
      expectedVersion: 'any',
      facts: [{ type: 'Noted', data: {} }, ...(ended ? [{ type: 'Counted', data: {} }] : [])],
      publications: [revoked],
      metadata: { actor: { kind: 'schedule' }, correlationId: 'c' },
    }),
  )
  if (published) await sql('update es.outbox set published_at = $2 where stream_id = $1', [streamId, at])
}
const old = (changes: Partial<OldStreams> = {}): OldStreams => ({
  ...{ store: store(), database: there.open(), streamType: 'journey', rows },
  ...changes,
})
const forgetAll = async (changes: Partial<OldStreams> = {}, limit = 100) => {
  let forgotten = 0
  const kept: Record<string, number> = { not_ended: 0, unpublished: 0, parked: 0, rows: 0 }
  for (let after: Parameters<typeof forgetOldStreams>[1]['after'] = null; ; ) {
    const slice = await forgetOldStreams(old(changes), { before, after, limit })
    forgotten += slice.forgotten
    for (const [reason, count] of Object.entries(slice.kept)) kept[reason] = (kept[reason] ?? 0) + count
    if (slice.next === null) return { forgotten, kept }
    after = slice.next
  }
}
const left = async () => {
  const ids = async (table: string) =>
    (await sql<{ id: string }>(`select distinct stream_id as id from ${table} order by 1`)).map(
      ({ id }) => id,
    )
  const [streams, ...others] = await Promise.all(['es.stream', 'es.event', 'es.outbox', 'tally'].map(ids))
  for (const other of others) expect(other).toEqual(streams)
  return streams
}

beforeAll(async () => {
  const admin = await openDatabase({ url: there.url, applicationName: 'spec' })
  await sqlOf(admin)(
    `create table tally (stream_id text primary key, facts integer not null);
      grant all on tally to evergrant_service;
      insert into es.forgettable values ('journey', '{Counted}');
      grant truncate on es.stream, es.event, es.outbox, es.command_seen to evergrant_service`,
  )
  await admin.close()
})
beforeEach(() => sql('truncate es.stream, es.event, es.outbox, tally'))

describe('forgetting streams', () => {
  it('takes those that ended long ago with facts, publications and rows, and no other', async () => {
    await journey('over-1')
    await journey('over-2')
    await journey('lately', { at: lately })
    await journey('under-way', { ended: false })
    await journey('another', { streamType: 'thing' })
    expect(await forgetAll()).toEqual({
      forgotten: 2,
      kept: { not_ended: 1, unpublished: 0, parked: 0, rows: 0 },
    })
    expect(await left()).toEqual(['another', 'lately', 'under-way'])
  })

  it('takes none whose last fact is not its end, even when an end came before', async () => {
    await journey('went-on')
    await journey('went-on', { ended: false })
    expect(await forgetAll()).toMatchObject({ forgotten: 0, kept: { not_ended: 1 } })
  })

  it('leaves what others have not been told yet, or nobody can be told', async () => {
    await journey('waits', { published: false })
    await journey('parked', { published: false })
    await sql("update es.outbox set parked_at = now(), attempts = 1 where stream_id = 'parked'")
    expect(await forgetAll()).toEqual({
      forgotten: 0,
      kept: { not_ended: 0, unpublished: 1, parked: 1, rows: 0 },
    })
    await sql('update es.outbox set published_at = now(), parked_at = null')
    expect(await forgetAll()).toMatchObject({ forgotten: 2 })
  })

  it('goes through all of them in slices, past those that stay', async () => {
    for (let n = 0; n < 10; n++) await journey(`journey-${n}`, { ended: n % 3 < 2 })
    expect(await forgetAll({}, 3)).toMatchObject({ forgotten: 7, kept: { not_ended: 3 } })
    expect(await left()).toEqual(['journey-2', 'journey-5', 'journey-8'])
  })

  it.each(['forget-after-streams', 'forget-before-commit'])(
    'leaves nothing half done when it dies at %s, and what is left goes the next time',
    async (point) => {
      for (let n = 0; n < 6; n++) await journey(`journey-${n}`)
      let slices = 0
      const crashPoint = (name: string) => {
        if (name === point && ++slices === 2) throw new Error('killed')
      }
      await expect(forgetAll({ crashPoint }, 2)).rejects.toThrow('killed')
      expect(await left()).toHaveLength(4)
      expect(await forgetAll({}, 2)).toMatchObject({ forgotten: 4 })
      expect(await left()).toEqual([])
    },
  )

  it('is shared by replicas that do it at once: each stream goes once, and nobody waits', async () => {
    for (let n = 0; n < 60; n++) await journey(`journey-${n}`)
    const results = await Promise.all(Array.from({ length: 4 }, () => forgetAll({}, 7)))
    expect(results.reduce((sum, { forgotten }) => sum + forgotten, 0) + ((await left())?.length ?? 0)).toBe(
      60,
    )
    await forgetAll()
    expect(await left()).toEqual([])
  })

  it('leaves a stream alone that somebody holds, and looks at it again when it moved on', async () => {
    await journey('held')
    await store().transaction(async (unit) => {
      await sqlOf(unit)("select from es.stream where stream_id = 'held' for update")
      expect(await forgetAll()).toMatchObject({ forgotten: 0, kept: { rows: 1 } })
    })
    await store().transaction(async (unit) => {
      await sqlOf(unit)("select from tally where stream_id = 'held' for update")
      expect(await forgetAll()).toMatchObject({ forgotten: 0, kept: { rows: 1 } })
    })
    const appending: RowsOfStreams = {
      ...rows,
      lock: async (unit, streamIds) => {
        await journey('held', { ended: false })
        return rows.lock(unit, streamIds)
      },
    }
    expect(await forgetAll({ rows: appending })).toMatchObject({ forgotten: 0, kept: { rows: 1 } })
    expect(await left()).toEqual(['held'])
  })

  it('leaves a stream alone that is being published again at the moment', async () => {
    await journey('asked-for')
    await store().transaction(async (unit) => {
      await sqlOf(unit)("select * from es.republish('asked-for', 1, 1, 0)")
      expect(await forgetAll()).toMatchObject({ forgotten: 0, kept: { rows: 1 } })
    })
    expect(await forgetAll()).toMatchObject({ forgotten: 0, kept: { unpublished: 1 } })
    expect(await left()).toEqual(['asked-for'])
  })

  it('keeps the digest and repairs of every stream that is left', async () => {
    await journey('over')
    await journey('lately', { at: lately })
    await forgetAll()
    const { streams } = await digestOf({
      database: there.open(),
      source: 'token-service',
      since: new Date(0),
    })
    expect(streams).toEqual([['lately', 1]])
    const ask = (streamId: string) => republish({ database: there.open(), streamId, from: 1, to: 1 })
    expect(await ask('lately')).toEqual({ firstAvailable: 1, republished: 1 })
    expect(await ask('over')).toEqual({ firstAvailable: null, republished: 0 })
  })

  it('is no way to lose what no migration calls forgettable, nor what is under way or owed', async () => {
    await journey('another', { streamType: 'thing' })
    await journey('under-way', { ended: false })
    await journey('waits', { published: false })
    const all = ['another', 'under-way', 'waits']
    expect(await sql('select es.forget_streams($1, now())', [all])).toEqual([])
    await expect(sql('delete from es.event')).rejects.toMatchObject({ code: '42501' })
    await expect(sql('delete from es.stream')).rejects.toMatchObject({ code: '42501' })
    expect(await left()).toEqual(all)
  })
})
