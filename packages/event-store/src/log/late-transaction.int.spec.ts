import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openDatabase } from '../database/open-database.ts'
import { sqlOf } from '../database/sql.ts'
import { contractFacts } from '../testing/event-store-contract.ts'
import { useStoreDatabase } from '../testing/use-store-database.ts'
import type { EventStore, Projection, RowStatement, UnitOfWork, Write } from './event-store.ts'
import { createPostgresEventStore } from './postgres-event-store.ts'
import { writesOf } from './writes.ts'

const there = useStoreDatabase()
const writeAtTheEnd = { writeAtTheEnd: true }
const noting = (streamId: string, expectedVersion: number, texts: readonly string[] = ['a']) => ({
  ...{ streamId, streamType: 'thing', expectedVersion },
  facts: texts.map((text) => ({ type: 'Noted', data: { text } })),
  metadata: { actor: { kind: 'schedule' }, correlationId: 'c' } as const,
})
const noteRow: RowStatement = {
  columns: 'id text, text text',
  text: (rows) => `insert into note_row as n (id, text) select id, text from ${rows}
    on conflict (id) do update set text = n.text || excluded.text`,
}
const row = (id: string, text: string): Write => ({ statement: noteRow, row: { id, text } })
const projection: Projection = {
  name: 'notes',
  apply: (unit, { streamId, data }) => writesOf(unit)([row(streamId, (data as { text: string }).text)]),
  forget: async () => undefined,
}

describe('a transaction that writes at the end', () => {
  let store: EventStore
  let begun = 0
  let heard: number[] = []
  let beforeAnswer: (() => Promise<never>) | undefined
  let afterAnswer: (() => Promise<never>) | undefined
  const between =
    <A extends unknown[], R>(execute: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      const [before, after] = [beforeAnswer, afterAnswer]
      beforeAnswer = undefined
      afterAnswer = undefined
      await before?.()
      const result = await execute(...args)
      await after?.()
      return result
    }
  let beforeCommit: () => Promise<void> = async () => undefined

  beforeAll(async () => {
    const admin = await openDatabase({ url: there.url, applicationName: 'test' })
    await sqlOf(admin)(
      'create table note_row (id text primary key, text text); grant all on note_row to evergrant_service',
    )
    await admin.close()
    const database = there.open()
    store = createPostgresEventStore({
      // Only what opens a transaction asks for one.
      database: {
        ...database,
        em: () => {
          const em = database.em()
          const transactional = em.transactional.bind(em)
          em.transactional = (...args) => {
            begun += 1
            return transactional(...args)
          }
          const kysely = em.getKysely()
          const executeQuery = between(kysely.executeQuery.bind(kysely))
          return Object.assign(em, { getKysely: () => ({ executeQuery }) })
        },
      },
      source: 'token-service',
      facts: contractFacts,
      projections: [projection],
      clock: { now: () => new Date('2026-11-23T10:00:00.123Z') },
      onAppended: (facts) => {
        heard = facts.map(({ position }) => position)
      },
      crashPoint: (name) => (name === 'before-commit' ? beforeCommit() : undefined),
    })
  })
  beforeEach(() => {
    begun = 0
    beforeCommit = async () => undefined
  })

  const rows = (id: string) =>
    sqlOf(there.open())('select text from note_row where id like $1 order by id', [`${id}%`])
  const version = async (id: string) => (await store.readStream(id)).version
  const late = <T>(work: (unit: UnitOfWork) => Promise<T>) => store.transaction(work, writeAtTheEnd)

  it('commits facts, the rows of projections and other rows as one statement, not before the work is done', async () => {
    await late(async (unit) => {
      await unit.append(noting('whole', 0))
      await writesOf(unit)([row('whole-own', 'b')])
      expect(await version('whole')).toBe(0)
    })
    expect(begun).toBe(0)
    expect(await version('whole')).toBe(1)
    expect(await rows('whole')).toEqual([{ text: 'a' }, { text: 'b' }])
    expect(heard).toEqual(
      (await store.readAll({ after: 0, limit: 100 })).slice(-1).map(({ position }) => position),
    )
  })

  it('leaves nothing behind when the work throws, or dies before the commit', async () => {
    const failing = late(async (unit) => {
      await unit.append(noting('thrown', 0))
      throw new Error('changed my mind')
    })
    await expect(failing).rejects.toThrow('changed my mind')
    beforeCommit = () => Promise.reject(new Error('killed'))
    await expect(late((unit) => unit.append(noting('thrown', 0)))).rejects.toThrow('killed')
    expect(await version('thrown')).toBe(0)
    expect(await rows('thrown')).toEqual([])
  })

  it('writes no row for a writer who has lost the race', async () => {
    await late((unit) => unit.append(noting('raced', 0, ['first'])))
    const outcomes = await Promise.allSettled(
      ['x', 'y', 'z'].map((text) =>
        late(async (unit) => {
          await unit.append(noting('raced', 1, [text]))
          await writesOf(unit)([row(`raced-${text}`, text)])
        }),
      ),
    )
    const lost = outcomes.filter((outcome) => outcome.status === 'rejected')
    expect(lost.map(({ reason }) => reason.code)).toEqual(['stream_moved_on', 'stream_moved_on'])
    expect(await version('raced')).toBe(2)
    expect(await rows('raced')).toHaveLength(2)
  })

  it('becomes a transaction for work that needs one, with all that was put off in it', async () => {
    const work = (fails: boolean) =>
      late(async (unit) => {
        await unit.append(noting('grown', 0))
        expect(await sqlOf(unit)("select text from note_row where id = 'grown'")).toEqual([{ text: 'a' }])
        expect((await unit.readStream('grown')).version).toBe(1)
        await writesOf(unit)([row('grown-own', 'b')])
        if (fails) throw new Error('no')
      })
    await expect(work(true)).rejects.toThrow('no')
    expect(await rows('grown')).toEqual([])
    await work(false)
    expect(begun).toBe(2)
    expect(await version('grown')).toBe(1)
    expect(await rows('grown')).toEqual([{ text: 'a' }, { text: 'b' }])
  })

  it('refuses a version that is over in a transaction as well, even where the work swallows it', async () => {
    await late((unit) => unit.append(noting('over', 0)))
    const work = late(async (unit) => {
      await unit.append(noting('over', 0))
      await sqlOf(unit)('select 1').catch(() => undefined)
    })
    await expect(work).rejects.toMatchObject({ code: 'stream_moved_on' })
    expect(await rows('over')).toEqual([{ text: 'a' }])
  })

  it('lets every fact of several write its rows', async () => {
    await late((unit) => unit.append(noting('many', 0, ['a', 'b'])))
    expect(await rows('many')).toEqual([{ text: 'ab' }])
    expect(await version('many')).toBe(2)
  })

  it('refuses a write that would not depend on the append', async () => {
    const work = late(async (unit) => {
      await unit.append(noting('loose', 0))
      const text = () => "insert into note_row values ('loose', 'a')"
      await writesOf(unit)([{ statement: { columns: 'id text', text }, row: { id: 'loose' } }])
    })
    await expect(work).rejects.toThrow(TypeError)
    expect(await version('loose')).toBe(0)
  })

  const lost = () => Promise.reject(Object.assign(new Error('lost'), { code: 'ECONNRESET' }))

  it('goes on after a connection that was dead already', async () => {
    beforeAnswer = lost
    await late((unit) => unit.append(noting('dead', 0)))
    expect(await version('dead')).toBe(1)
    expect(await rows('dead')).toEqual([{ text: 'a' }])
  })

  it('writes nothing twice when the connection is lost after the commit', async () => {
    afterAnswer = lost
    await expect(late((unit) => unit.append(noting('twice', 0)))).rejects.toMatchObject({
      code: 'stream_moved_on',
    })
    expect(await version('twice')).toBe(1)
    expect(await rows('twice')).toEqual([{ text: 'a' }])
  })
})
