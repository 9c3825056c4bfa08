import {
  createPostgresEventStore,
  type Database,
  type EventStore,
  migrate,
  openDatabase,
} from '@evergrant/event-store'
import { systemClock } from '@evergrant/service-runtime'
import { useDatabase } from '@evergrant/stack/testing'
import { afterAll, beforeAll } from 'vitest'
import { migrations } from '../migrations/all.ts'

/** The service's database for one test file, opened as the service does, with a store that knows no facts. */
export function useCalendarStore(): { readonly database: () => Database; readonly store: () => EventStore } {
  const place = useDatabase({
    template: { name: 'calendar_service', migrate: (url) => migrate({ url, migrations }) },
  })
  let database: Database
  let store: EventStore
  beforeAll(async () => {
    database = await openDatabase({ url: place.serviceUrl, applicationName: 'spec' })
    const parts = { facts: {}, projections: [], clock: systemClock }
    store = createPostgresEventStore({ database, source: 'spec', ...parts })
  })
  afterAll(() => database.close())
  return { database: () => database, store: () => store }
}
