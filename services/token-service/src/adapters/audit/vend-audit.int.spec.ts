import { randomUUID } from 'node:crypto'
import { createPostgresEventStore, type Database, migrate, openDatabase, sqlOf } from '@evergrant/event-store'
import { systemClock } from '@evergrant/service-runtime'
import { useDatabase } from '@evergrant/stack/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { migrations } from '../../migrations/all.ts'
import { appendVends } from './append-vends.ts'
import { createVendAudit } from './vend-audit.ts'
import { journalEntry } from './vend-journal.ts'

const place = useDatabase({
  template: { name: 'token_service', migrate: (url) => migrate({ url, migrations }) },
})

describe('the audit of a grant', () => {
  let database: Database
  beforeAll(async () => {
    database = await openDatabase({ url: place.url, applicationName: 'spec' })
  })
  afterAll(() => database.close())

  it('takes a first vend that commits while it looks for no break', async () => {
    const grantId = randomUUID()
    const store = createPostgresEventStore({
      ...{ database, source: 'spec', facts: {}, projections: [], clock: systemClock },
    })
    const auditing = await store.transaction(async (unit) => {
      await sqlOf(unit)('lock table token_vend in access exclusive mode')
      const result = createVendAudit(database).verify(grantId)
      await vi.waitFor(
        async () => {
          const waiting = await sqlOf(database)(
            "select 1 from pg_locks where relation = 'token_vend'::regclass and not granted",
          )
          expect(waiting).toHaveLength(1)
        },
        { timeout: 15_000 },
      )
      const vend = { id: randomUUID(), connectionId: randomUUID(), grantId, generation: 1, at: new Date() }
      const entry = { ...vend, caller: 'calendar-service', purpose: null, scopes: [], traceparent: null }
      await appendVends({ transaction: (work) => work(unit) }, [journalEntry(entry)], { maybeKnown: false })
      return { result }
    })
    expect(await auditing.result).toMatchObject({ entries: 1, head: { sequence: 1 }, breaks: [] })
  })
})
