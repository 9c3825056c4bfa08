import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openDatabase } from '../database/open-database.ts'
import { sqlOf } from '../database/sql.ts'
import { contractFacts } from '../testing/event-store-contract.ts'
import { useStoreDatabase } from '../testing/use-store-database.ts'
import type { EventStore, RowStatement } from './event-store.ts'
import { createPostgresEventStore } from './postgres-event-store.ts'
import { writesOf } from './writes.ts'

const there = useStoreDatabase()
const noteRow: RowStatement = {
  columns: 'id text, text text',
  text: (rows) => `insert into note_row (id, text) select id, text from ${rows}`,
}

describe('work that is done at the same moment', () => {
  let store: EventStore
  let statements = 0
  let afterAnswer: (() => void) | undefined
  let streams: string[] = []

  beforeAll(async () => {
    const admin = await openDatabase({ url: there.url, applicationName: 'test' })
    await sqlOf(admin)(
      'create table note_row (id text primary key, text text not null); grant all on note_row to evergrant_service',
    )
    await admin.close()
    const database = there.open()
    store = createPostgresEventStore({
      database: {
        ...database,
        em: () => {
          const em = database.em()
          const kysely = em.getKysely()
          const executeQuery: typeof kysely.executeQuery = async (query) => {
            statements += 1
            const result = await kysely.executeQuery(query)
            const after = afterAnswer
            afterAnswer = undefined
            after?.()
            return result as never
          }
          return Object.assign(em, { getKysely: () => ({ executeQuery }) })
        },
      },
      source: 'token-service',
      facts: contractFacts,
      projections: [],
      clock: { now: () => new Date('2026-11-23T10:00:00.123Z') },
    })
  })

  const note = (streamId: string, expectedVersion = 1, text: string | null = 'a') =>
    store.transaction(
      async (unit) => {
        const appended = await unit.append({
          ...{ streamId, streamType: 'thing', expectedVersion },
          facts: [{ type: 'Noted', data: { text } }],
          metadata: { actor: { kind: 'schedule' }, correlationId: 'c' },
        })
        if (expectedVersion > 0)
          await writesOf(unit)([{ statement: noteRow, row: { id: `${streamId}@${expectedVersion}`, text } }])
        return appended
      },
      { writeAtTheEnd: true },
    )
  let tests = 0
  const begin = async (count: number) => {
    tests += 1
    streams = Array.from({ length: count }, (_, n) => `t${tests}-${n}`)
    await Promise.all(streams.map((id) => note(id, 0)))
    statements = 0
  }
  beforeEach(() => begin(3))

  const versions = () => Promise.all(streams.map(async (id) => (await store.readStream(id)).version))
  const rows = async () =>
    (
      await sqlOf(there.open())<{ id: string }>('select id from note_row where id like $1 order by id', [
        `t${tests}-%`,
      ])
    ).map(({ id }) => id.slice(id.indexOf('-') + 1))

  it('commits as one statement, and everybody is told of their own facts', async () => {
    const appended = await Promise.all(streams.map((id) => note(id)))
    expect(statements).toBe(1)
    expect(await rows()).toEqual(['0@1', '1@1', '2@1'])
    for (const [index, id] of streams.entries()) {
      const { facts, version } = await store.readStream(id)
      expect(version).toBe(2)
      expect(appended[index]?.facts).toEqual(facts.slice(1))
    }
  })

  it('goes in few statements however much there is of it', async () => {
    await begin(100)
    await Promise.all(streams.map((id) => note(id)))
    expect(statements).toBe(4)
    expect(new Set(await versions())).toEqual(new Set([2]))
  })

  it('does not suffer from a stream that has moved on, whose work writes nothing', async () => {
    const outcomes = await Promise.allSettled(streams.map((id, n) => note(id, n === 1 ? 7 : 1)))
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(outcomes[1]).toMatchObject({ reason: { code: 'stream_moved_on' } })
    expect(await versions()).toEqual([2, 1, 2])
    expect(await rows()).toEqual(['0@1', '2@1'])
  })

  it('does not suffer from rows that PostgreSQL refuses', async () => {
    const outcomes = await Promise.allSettled(streams.map((id, n) => note(id, 1, n === 1 ? null : 'a')))
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(await versions()).toEqual([2, 1, 2])
    expect(await rows()).toEqual(['0@1', '2@1'])
  })

  it('does not wait for a stream that somebody else holds', async () => {
    const { promise: letGo, resolve: release } = Promise.withResolvers<void>()
    const { promise: held, resolve: holding } = Promise.withResolvers<void>()
    const holder = there
      .open()
      .em()
      .transactional(async (em) => {
        await em.execute('select from es.stream where stream_id = ? for update', [streams[1] ?? ''])
        holding()
        await letGo
      })
    await held
    const [first, second, third] = streams.map((id) => note(id))
    await Promise.all([first, third])
    expect(await versions()).toEqual([2, 1, 2])
    release()
    await Promise.all([holder, second])
    expect(await versions()).toEqual([2, 2, 2])
  })

  it('is not done twice when the connection is lost after the commit', async () => {
    afterAnswer = () => {
      throw Object.assign(new Error('lost'), { code: 'ECONNRESET' })
    }
    const outcomes = await Promise.allSettled(streams.map((id) => note(id)))
    expect(outcomes).toMatchObject(streams.map(() => ({ reason: { code: 'stream_moved_on' } })))
    expect(await versions()).toEqual([2, 2, 2])
    expect(await rows()).toEqual(['0@1', '1@1', '2@1'])
  })

  it('of one stream has one winner', async () => {
    const [id = ''] = streams
    const outcomes = await Promise.allSettled([note(id), note(id), note(id)])
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected'])
    expect(await versions()).toEqual([2, 1, 1])
    expect(await rows()).toEqual(['0@1'])
  })
})
