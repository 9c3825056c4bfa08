import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { sqlOf } from '../database/sql.ts'
import { contractFacts } from '../testing/event-store-contract.ts'
import { useStoreDatabase } from '../testing/use-store-database.ts'
import { createPostgresEventStore } from './postgres-event-store.ts'

const there = useStoreDatabase()
const storeOf = () =>
  createPostgresEventStore({
    database: there.open(),
    source: 'token-service',
    facts: contractFacts,
    projections: [],
    clock: { now: () => new Date() },
  })

const noting = (streamId: string) => ({
  streamId,
  streamType: 'thing',
  expectedVersion: 'any' as const,
  facts: [{ type: 'Noted', data: {} }],
  metadata: { actor: { kind: 'schedule' as const }, correlationId: 'c' },
})

describe('a reader by position', () => {
  it('stays behind a transaction that has its positions and has not committed', async () => {
    const store = storeOf()
    const start = (await store.readAll({ after: 0, limit: 1000 })).at(-1)?.position ?? 0
    await store.transaction(async (unit) => {
      await unit.append(noting('slow'))
      await store.transaction((other) => other.append(noting('quick')))
      expect(await store.readAll({ after: start, limit: 10 })).toEqual([])
    })
    const read = await store.readAll({ after: start, limit: 10 })
    expect(read.map(({ streamId }) => streamId)).toEqual(['slow', 'quick'])
  })

  it('is not held back by an open transaction that appends nothing', async () => {
    const store = storeOf()
    await store.transaction(async (unit) => {
      await sqlOf(unit)("insert into es.command_seen values ('s', 'c', 1, 1, now())")
      await store.transaction((other) => other.append(noting('free')))
      expect((await store.readAll({ after: 0, limit: 1000 })).at(-1)?.streamId).toBe('free')
    })
  })

  it('still names the right position after the lock keys wrapped around', async () => {
    const [before] = await sqlOf(there.open())<{ last: number }>('select es.last_position()::float8 as last')
    const safeWith = async (last: number, locked: number) => {
      const store = storeOf()
      await store.transaction(async (unit) => {
        await sqlOf(unit)(
          'select pg_advisory_xact_lock_shared(1163282258, ($1::bigint % 2147483648)::integer)',
          [locked],
        )
        const [row] = await sqlOf(unit)<{ safe: number }>('select es.lowest_locked($1)::float8 as safe', [
          last,
        ])
        expect(row?.safe).toBe(locked)
      })
    }
    await safeWith(2 ** 31 + 5, 2 ** 31 - 3)
    await safeWith(2 ** 33 + 1, 2 ** 33 - 1)
    await safeWith((before?.last ?? 0) + 7, (before?.last ?? 0) + 7)
  })

  it('sees every committed fact exactly once and in order, under many writers, delays and rollbacks', async () => {
    const store = storeOf()
    let writing = true
    const after = (await store.readAll({ after: 0, limit: 1000 })).at(-1)?.position ?? 0
    const writer = async (id: number) => {
      for (let n = 0; n < 60; n++) {
        await store
          .transaction(async (unit) => {
            await unit.append(noting(`stress-${id}-${n % 3}`))
            if (n % 4 === 0) await pause((id * 7 + n) % 12)
            if (n % 9 === 8) throw new Error('rolled back')
          })
          .catch((error: Error) => expect(error.message).toBe('rolled back'))
      }
    }
    const reader = async () => {
      const seen: number[] = []
      let cursor = after
      for (;;) {
        const finished = !writing
        const facts = await store.readAll({ after: cursor, limit: 50 })
        seen.push(...facts.map(({ position }) => position))
        cursor = facts.at(-1)?.position ?? cursor
        if (finished && facts.length === 0) return seen
      }
    }
    const reading = reader()
    await Promise.all(Array.from({ length: 12 }, (_, id) => writer(id)))
    writing = false
    const committed = await sqlOf(there.open())<{ position: number }>(
      'select position::float8 from es.event where position > $1 order by position',
      [after],
    )
    expect(await reading).toEqual(committed.map(({ position }) => position))
    expect(committed.length).toBeGreaterThan(600)
  })
})
