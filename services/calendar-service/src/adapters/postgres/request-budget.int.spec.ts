import { randomUUID } from 'node:crypto'
import { type Database, migrate, openDatabase, sqlOf } from '@evergrant/event-store'
import { useDatabase } from '@evergrant/stack/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { migrations } from '../../migrations/all.ts'
import { createRequestBudget } from './request-budget.ts'

describe('the budget of what is asked of Google', () => {
  const place = useDatabase({
    template: { name: 'calendar_service', migrate: (url) => migrate({ url, migrations }) },
  })
  let database: Database
  beforeAll(async () => {
    database = await openDatabase({ url: place.serviceUrl, applicationName: 'spec' })
  })
  beforeEach(() => sqlOf(database)('delete from request_budget'))
  afterAll(() => database.close())

  const budgetOf = (user: number, project: number, windowSeconds?: number) => {
    const limits = { user, project }
    return createRequestBudget(database, { calendar: limits, drive: limits, gmail: limits }, windowSeconds)
  }
  const gmail = (connectionId: string, units: number) => ({ api: 'gmail', connectionId, units }) as const

  it('gives no user and no project more than their share, whoever asks at the same time (B5.76)', async () => {
    const replicas = [budgetOf(3, 8), budgetOf(3, 8)]
    const granted = async (connectionId: string) => {
      const asked = Array.from({ length: 10 }, (_, nth) => replicas[nth % 2]?.take(gmail(connectionId, 1)))
      return (await Promise.all(asked)).filter((answer) => answer?.granted).length
    }
    const users = [randomUUID(), randomUUID(), randomUUID(), randomUUID()]
    const shares = await Promise.all(users.map(granted))
    expect(Math.max(...shares)).toBe(3)
    expect(shares.reduce((sum, share) => sum + share)).toBe(8)
  })

  it('counts units, and tells how many are left', async () => {
    const budget = budgetOf(1_000, 5_000)
    const user = randomUUID()
    expect(await budget.take(gmail(user, 400))).toEqual({ granted: true, left: 600 })
    expect(await budget.take(gmail(user, 601))).toMatchObject({ granted: false, whose: 'user' })
    expect(await budget.take(gmail(user, 600))).toEqual({ granted: true, left: 0 })
    expect(await budget.projectUse('gmail')).toBe(0.2)
    expect(await budget.projectUse('drive')).toBe(0)
  })

  it('takes nothing of the user’s when it is the project’s that is used up', async () => {
    const budget = budgetOf(60, 100)
    const [first, second] = [randomUUID(), randomUUID()]
    await budget.take(gmail(first, 60))
    expect(await budget.take(gmail(second, 50))).toMatchObject({ granted: false, whose: 'project' })
    expect(await budget.take(gmail(second, 40))).toEqual({ granted: true, left: 0 })
  })

  it('lets no later commit on its connection go without the disk', async () => {
    const one = await openDatabase({ url: place.serviceUrl, applicationName: 'spec', poolSize: 1 })
    const limits = { user: 5, project: 5 }
    const budget = createRequestBudget(one, { calendar: limits, drive: limits, gmail: limits })
    expect(await budget.take(gmail(randomUUID(), 1))).toMatchObject({ granted: true })
    const [setting] = await sqlOf(one)<{ value: string }>(
      "select current_setting('synchronous_commit') as value",
    )
    expect(setting?.value).toBe('on')
    await one.close()
  })

  it('keeps the APIs apart', async () => {
    const budget = budgetOf(5, 5)
    const connectionId = randomUUID()
    expect(await budget.take({ api: 'drive', connectionId, units: 5 })).toMatchObject({ granted: true })
    expect(await budget.take({ api: 'gmail', connectionId, units: 5 })).toMatchObject({ granted: true })
    expect(await budget.take({ api: 'drive', connectionId, units: 1 })).toMatchObject({ granted: false })
  })

  it('says when there will be room, and there is some then', async () => {
    const budget = budgetOf(10, 100, 3)
    const user = randomUUID()
    await budget.take(gmail(user, 10))
    const refused = await budget.take(gmail(user, 5))
    expect(refused).toMatchObject({ granted: false, whose: 'user' })
    const { retryAfterSeconds } = refused as { retryAfterSeconds: number }
    expect(retryAfterSeconds).toBeGreaterThanOrEqual(2)
    expect(retryAfterSeconds).toBeLessThanOrEqual(3)
    await new Promise((resolve) => setTimeout(resolve, retryAfterSeconds * 1000))
    expect(await budget.take(gmail(user, 5))).toEqual({ granted: true, left: 5 })
  })

  it('has no more in any minute than the limit, however it is spent', async () => {
    const budget = budgetOf(10, 1_000, 3)
    const user = randomUUID()
    const times: number[] = []
    for (const until = Date.now() + 7_000; Date.now() < until; ) {
      const { granted } = await budget.take(gmail(user, 1))
      if (granted) times.push(Date.now())
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    const within = times.map((from) => times.filter((at) => at >= from && at < from + 2_000).length)
    expect(Math.max(...within)).toBe(10)
    expect(times.length).toBeGreaterThan(10)
  })

  it('forgets nobody who asked within the hour', async () => {
    const budget = budgetOf(10, 100)
    const user = randomUUID()
    await budget.take(gmail(user, 10))
    await budget.forgetIdle()
    expect(await budget.take(gmail(user, 1))).toMatchObject({ granted: false })
    await sqlOf(database)(`update request_budget set counted_at = now() - interval '2 hours'`)
    await budget.forgetIdle()
    expect(await sqlOf(database)('select 1 from request_budget')).toEqual([])
    expect(await budget.take(gmail(user, 1))).toEqual({ granted: true, left: 9 })
  })
})
