import { randomUUID } from 'node:crypto'
import { createPostgresEventStore, type Database, migrate, openDatabase, sqlOf } from '@evergrant/event-store'
import { systemClock, uuidv7Ids } from '@evergrant/service-runtime'
import { useDatabase } from '@evergrant/stack/testing'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { migrations } from '../../migrations/all.ts'
import { noJournal } from './vend-journal.ts'
import { createVendLog } from './vend-log.ts'

const place = useDatabase({
  template: { name: 'token_service', migrate: (url) => migrate({ url, migrations }) },
})

let database: Database
beforeAll(async () => {
  database = await openDatabase({ url: place.url, applicationName: 'spec' })
})
afterAll(() => database.close())

const vendOf = (grantId: string) => ({
  ...{ connectionId: randomUUID(), grantId, generation: 1, at: new Date() },
  ...{
    caller: 'calendar-service',
    purpose: 'a "quoted" \\ name',
    scopes: ['openid', 'email'],
    traceparent: null,
  },
})

it('writes a vend once although the answer to its commit was lost, and goes on with the next', async () => {
  const store = createPostgresEventStore({
    ...{ database, source: 'spec', facts: {}, projections: [], clock: systemClock },
  })
  let lost = 0
  const errors: unknown[] = []
  const log = createVendLog({
    store: {
      transaction: async (work) => {
        const result = await store.transaction(work)
        if (lost++ === 0) throw new Error('the connection ended')
        return result
      },
    },
    ...{ journal: noJournal, ids: uuidv7Ids, onError: (error) => errors.push(error) },
  })
  const grantId = randomUUID()
  const first = vendOf(grantId)
  await log.record(first)
  await vi.waitFor(() => expect(errors).toHaveLength(1), { timeout: 15_000 })
  await log.record(vendOf(grantId))
  await log.stop()

  expect(log.waiting()).toBe(0)
  expect(errors).toHaveLength(1)
  const rows = await sqlOf(database)<{ sequence: number }>(
    'select connection_id, caller, purpose, scopes, sequence::int from token_vend where grant_id = $1 order by sequence',
    [grantId],
  )
  expect(rows.map(({ sequence }) => sequence)).toEqual([1, 2])
  expect(rows[0]).toMatchObject({
    connection_id: first.connectionId,
    caller: first.caller,
    purpose: first.purpose,
    scopes: first.scopes,
  })
})
