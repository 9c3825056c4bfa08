import { randomUUID } from 'node:crypto'
import { type Database, migrate, openDatabase } from '@evergrant/event-store'
import { useDatabase } from '@evergrant/stack/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { migrations } from '../../migrations/all.ts'
import { createRequestBudget } from './request-budget.ts'

const place = useDatabase({
  template: { name: 'calendar_service', migrate: (url) => migrate({ url, migrations }) },
})
let database: Database
beforeAll(async () => {
  database = await openDatabase({ url: place.serviceUrl, applicationName: 'spec' })
})
afterAll(() => database.close())

it('lets no user and no project have more than their share, whoever asks at the same time (B5.76)', async () => {
  const limits = { user: { burst: 3, perSecond: 0 }, project: { burst: 8, perSecond: 0 } }
  const replicas = [createRequestBudget(database, limits), createRequestBudget(database, limits)]
  const granted = async (connectionId: string) => {
    const asked = Array.from({ length: 10 }, (_, nth) => replicas[nth % 2]?.take(connectionId))
    return (await Promise.all(asked)).filter(Boolean).length
  }
  expect(await granted(randomUUID())).toBe(3)
  expect(await granted(randomUUID())).toBe(3)
  expect(await granted(randomUUID())).toBe(2)
})

it('fills up again with time', async () => {
  const slow = { burst: 1, perSecond: 20 }
  const budget = createRequestBudget(database, {
    user: slow,
    project: { burst: 1_000, perSecond: 1_000_000 },
  })
  const connectionId = randomUUID()
  expect([await budget.take(connectionId), await budget.take(connectionId)]).toEqual([true, false])
  await expect.poll(() => budget.take(connectionId)).toBe(true)
})
