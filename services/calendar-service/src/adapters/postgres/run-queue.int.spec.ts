import { randomUUID } from 'node:crypto'
import { type Database, migrate, openDatabase, sqlOf } from '@evergrant/event-store'
import { useDatabase } from '@evergrant/stack/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ClaimedRun } from '../../application/ports.ts'
import { migrations } from '../../migrations/all.ts'
import { createRequestBudget } from './request-budget.ts'
import { createRunQueue } from './run-queue.ts'

describe('a run in the queue', () => {
  const place = useDatabase({
    template: { name: 'calendar_service', migrate: (url) => migrate({ url, migrations }) },
  })
  let database: Database
  beforeAll(async () => {
    database = await openDatabase({ url: place.serviceUrl, applicationName: 'spec' })
  })
  /** Each waits longer than the next one. */
  const due = async (connectionId = randomUUID()) => {
    const resourceId = randomUUID()
    const sql = sqlOf(database)
    await sql(
      `insert into synced_resource (resource_id, kind, connection_id, user_id, google_id) values ($1, 'calendar', $2, 'u', 'g')`,
      [resourceId, connectionId],
    )
    await sql(
      `insert into resource_run (run_id, resource_id, connection_id, state, mode, due_at)
       values ($1, $2, $3, 'queued', 'full', clock_timestamp())`,
      [randomUUID(), resourceId, connectionId],
    )
    return connectionId
  }
  beforeEach(async () => {
    await sqlOf(database)('delete from resource_run')
    await sqlOf(database)('delete from request_budget')
  })
  afterAll(() => database.close())

  const claimed = async (): Promise<ClaimedRun> => {
    const run = await createRunQueue(database).claim('spec', 60_000)
    if (run === null) throw new Error('there was nothing to claim')
    return run
  }

  it('is on its next attempt whenever it was tried and let go', async () => {
    await due()
    for (const attempt of [1, 2, 3]) {
      const run = await claimed()
      expect(run.attempt).toBe(attempt)
      await createRunQueue(database).postpone(run, 0, true)
    }
  })

  it('is on its first attempt still, however often it was held back before it was tried', async () => {
    await due()
    for (let nth = 0; nth < 5; nth++) {
      const run = await claimed()
      expect(run.attempt).toBe(1)
      await createRunQueue(database).postpone(run, 0, false)
    }
  })

  it('is nobody’s until its wait is over', async () => {
    await due()
    const queue = createRunQueue(database)
    await queue.postpone(await claimed(), 60_000, false)
    expect(await queue.claim('spec', 60_000)).toBeNull()
  })

  it('is due at once when its holder starts again, and only then', async () => {
    await due()
    const queue = createRunQueue(database)
    const before = await claimed()
    await queue.takeBack('another')
    expect(await queue.claim('spec', 60_000)).toBeNull()
    await queue.takeBack('spec')
    const again = await claimed()
    expect([again.runId, again.fence]).toEqual([before.runId, before.fence + 1])
  })

  it('waits for its lease like before when it has ended its holder twice already', async () => {
    await due()
    const queue = createRunQueue(database)
    for (let life = 0; life < 2; life++) {
      await claimed()
      await queue.takeBack('spec')
    }
    await claimed()
    await queue.takeBack('spec')
    expect(await queue.claim('spec', 60_000)).toBeNull()
  })

  it('has its turn by whom Google was asked for least lately, however many wait of somebody', async () => {
    const limits = { user: 1_000, project: 1_000 }
    const budget = createRequestBudget(database, { calendar: limits, drive: limits, gmail: limits })
    const noisy = await due()
    for (let nth = 0; nth < 3; nth++) await due(noisy)
    const quiet = [await due(), await due()]
    const turns: string[] = []
    for (let nth = 0; nth < 6; nth++) {
      const { connectionId, runId } = await claimed()
      turns.push(connectionId)
      await budget.take({ api: 'calendar', connectionId, units: 1 })
      await sqlOf(database)(`update resource_run set state = 'done', ended_at = now() where run_id = $1`, [
        runId,
      ])
    }
    expect(turns).toEqual([noisy, ...quiet, noisy, noisy, noisy])
  })

  it('tells its holder whether others are due', async () => {
    await due()
    await due()
    expect([(await claimed()).othersDue, (await claimed()).othersDue]).toEqual([true, false])
  })

  it('has its turn by whoever has fewest under way first of all', async () => {
    const busy = await due()
    await due(busy)
    const idle = await due()
    const turns = [await claimed(), await claimed(), await claimed()]
    expect(turns.map(({ connectionId }) => connectionId)).toEqual([busy, idle, busy])
  })
})
