import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openDatabase } from '../database/open-database.ts'
import { sqlOf } from '../database/sql.ts'
import { contractFacts, eventStoreContract } from '../testing/event-store-contract.ts'
import { useStoreDatabase } from '../testing/use-store-database.ts'
import type { EventStore } from './event-store.ts'
import { createPostgresEventStore } from './postgres-event-store.ts'
import { savepoint } from './unit-of-work.ts'

const there = useStoreDatabase()
const clock = { now: () => new Date('2026-11-23T10:00:00.123Z') }
let store: EventStore
let wakes = 0

const metadata = { actor: { kind: 'schedule' }, correlationId: 'c' } as const
const noting = (streamId: string, text = 'a') =>
  ({
    streamId,
    streamType: 'thing',
    expectedVersion: 'any',
    facts: [{ type: 'Noted', data: { text } }],
    metadata,
  }) as const

beforeAll(async () => {
  store = createPostgresEventStore({
    database: there.open(),
    source: 'token-service',
    facts: contractFacts,
    projections: [],
    clock,
    onCommitted: () => {
      wakes++
    },
  })
})

eventStoreContract(
  () => store,
  async (streamId) => {
    const rows = await sqlOf(there.open())<{ id: string }>(
      "select headers->>'ce-id' as id from es.outbox where stream_id = $1 order by id",
      [streamId],
    )
    return rows.map(({ id }) => id)
  },
)

describe('createPostgresEventStore', () => {
  afterEach(() => sqlOf(there.open())('delete from es.command_seen'))

  it('commits own rows and facts together, or neither', async () => {
    const admin = await openDatabase({ url: there.url, applicationName: 'test' })
    await sqlOf(admin)('create table own_row (text text); grant all on own_row to evergrant_service')
    await admin.close()
    const work = (fails: boolean) =>
      store.transaction(async (unit) => {
        await sqlOf(unit)('insert into own_row values ($1)', [String(fails)])
        await unit.append(noting('own-rows'))
        if (fails) throw new Error('no')
      })
    await expect(work(true)).rejects.toThrow('no')
    await work(false)
    expect(await sqlOf(there.open())('select text from own_row')).toEqual([{ text: 'false' }])
    expect((await store.readStream('own-rows')).version).toBe(1)
  })

  it('never reports a commit that PostgreSQL turned into a rollback', async () => {
    const work = store.transaction(async (unit) => {
      await unit.append(noting('swallowed'))
      await sqlOf(unit)('select 1/0').catch(() => undefined)
    })
    await expect(work).rejects.toMatchObject({ code: 'transaction_aborted' })
    expect((await store.readStream('swallowed')).version).toBe(0)
  })

  it('undoes a savepoint alone and goes on', async () => {
    await store.transaction(async (unit) => {
      await unit.append(noting('outer'))
      const inner = savepoint(unit, async (nested) => {
        await nested.append(noting('inner'))
        await sqlOf(nested)('select 1/0')
      })
      await expect(inner).rejects.toMatchObject({ code: '22012' })
      await unit.append(noting('outer'))
    })
    expect((await store.readStream('outer')).version).toBe(2)
    expect((await store.readStream('inner')).version).toBe(0)
  })

  it('reports a connection lost at COMMIT as unavailable', async () => {
    const sql = sqlOf(there.open())
    const dying = createPostgresEventStore({
      database: there.open(),
      source: 'token-service',
      facts: contractFacts,
      projections: [],
      clock,
      crashPoint: async (name) => {
        if (name === 'before-commit') await killConnections(there.url)
      },
    })
    await expect(dying.transaction((unit) => unit.append(noting('lost')))).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'database_unavailable',
    })
    await expect.poll(() => sql('select 1 as one').catch(() => [])).toEqual([{ one: 1 }])
    expect((await store.readStream('lost')).version).toBe(0)
  })

  it('does not fail on connections that died while they lay in the pool', async () => {
    let arrived = 0
    let allHere: () => void = () => undefined
    const together = new Promise<void>((resolve) => {
      allHere = resolve
    })
    const fillPool = [1, 2, 3].map((n) =>
      store.transaction(async (unit) => {
        if (++arrived === 3) allHere()
        await together
        await unit.append(noting(`pooled-${n}`))
      }),
    )
    await Promise.all(fillPool)
    await killConnections(there.url)
    await store.transaction((unit) => unit.append(noting('after-the-restart')))
    expect((await store.readStream('after-the-restart')).version).toBe(1)
  })

  it('runs the whole transaction again after a deadlock', async () => {
    for (const id of ['left', 'right']) await store.transaction((unit) => unit.append(noting(id)))
    let arrivals = 0
    let bothHold: () => void = () => undefined
    const meeting = new Promise<void>((resolve) => {
      bothHold = resolve
    })
    const cross = (first: string, second: string) =>
      store.transaction(async (unit) => {
        await unit.append(noting(first))
        if (++arrivals === 2) bothHold()
        await meeting
        await unit.append(noting(second))
      })
    await Promise.all([cross('left', 'right'), cross('right', 'left')])
    // Under load the second attempt may meet the first transaction once more.
    expect(arrivals).toBeGreaterThanOrEqual(3)
    expect((await store.readStream('left')).version).toBe(3)
    expect((await store.readStream('right')).version).toBe(3)
  })

  it('brings facts of an older schema version up to date', async () => {
    await store.transaction(async (unit) => {
      await sqlOf(unit)("select * from es.append('old', 'thing', 'any', 0, $1, $2, now(), '[]', null)", [
        JSON.stringify([{ type: 'Noted', schemaVersion: 1, data: { text: 'old' } }]),
        JSON.stringify(metadata),
      ])
    })
    expect((await store.readStream('old')).facts[0]?.data).toEqual({ text: 'old', upcasted: true })
  })

  it('does not let a service change or remove what happened', async () => {
    await store.transaction((unit) => unit.append(noting('history')))
    const denied = expect.objectContaining({ code: '42501' })
    await expect(sqlOf(there.open())("update es.event set data = '{}'")).rejects.toEqual(denied)
    await expect(sqlOf(there.open())('delete from es.event')).rejects.toEqual(denied)
  })

  it('wakes the relay after a commit that has something to publish, and only then', async () => {
    wakes = 0
    await store.transaction((unit) => unit.append(noting('quiet')))
    expect(wakes).toBe(0)
  })
})

async function killConnections(url: string): Promise<void> {
  const admin = await openDatabase({ url, applicationName: 'killer' })
  await sqlOf(admin)(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'event-store-test'",
  )
  await admin.close()
}
