import { randomUUID } from 'node:crypto'
import { type Database, migrate, openDatabase, sqlOf } from '@evergrant/event-store'
import { useDatabase } from '@evergrant/stack/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ClaimedRun } from '../../application/ports.ts'
import { migrations } from '../../migrations/all.ts'
import { createRunQueue } from './run-queue.ts'

describe('a run in the queue', () => {
  const place = useDatabase({
    template: { name: 'calendar_service', migrate: (url) => migrate({ url, migrations }) },
  })
  let database: Database
  beforeAll(async () => {
    database = await openDatabase({ url: place.serviceUrl, applicationName: 'spec' })
  })
  beforeEach(async () => {
    const [resourceId, connectionId] = [randomUUID(), randomUUID()]
    const sql = sqlOf(database)
    await sql('delete from resource_run')
    await sql(
      `insert into synced_resource (resource_id, kind, connection_id, user_id, google_id) values ($1, 'calendar', $2, 'u', 'g')`,
      [resourceId, connectionId],
    )
    await sql(
      `insert into resource_run (run_id, resource_id, connection_id, state, mode, due_at)
       values ($1, $2, $3, 'queued', 'full', now())`,
      [randomUUID(), resourceId, connectionId],
    )
  })
  afterAll(() => database.close())

  const claimed = async (): Promise<ClaimedRun> => {
    const run = await createRunQueue(database).claim('spec', 60_000)
    if (run === null) throw new Error('there was nothing to claim')
    return run
  }

  it('is on its next attempt whenever it was tried and let go', async () => {
    for (const attempt of [1, 2, 3]) {
      const run = await claimed()
      expect(run.attempt).toBe(attempt)
      await createRunQueue(database).postpone(run, 0, true)
    }
  })

  it('is on its first attempt still, however often it was held back before it was tried', async () => {
    for (let nth = 0; nth < 5; nth++) {
      const run = await claimed()
      expect(run.attempt).toBe(1)
      await createRunQueue(database).postpone(run, 0, false)
    }
  })

  it('is nobody’s until its wait is over', async () => {
    const queue = createRunQueue(database)
    await queue.postpone(await claimed(), 60_000, false)
    expect(await queue.claim('spec', 60_000)).toBeNull()
  })
})
