import { useDatabase } from '@evergrant/stack/testing'
import { afterAll, beforeAll } from 'vitest'
import type { Database } from '../database/database.ts'
import { migrate } from '../database/migrate.ts'
import { openDatabase } from '../database/open-database.ts'
import { eventStoreMigrations } from '../migrations/all.ts'

const template = {
  name: 'event_store',
  migrate: (url: string) => migrate({ url, migrations: eventStoreMigrations }),
}

/** A migrated database for the surrounding file, opened as a service opens it. */
export function useStoreDatabase(): { readonly url: string; readonly serviceUrl: string; open(): Database } {
  const { url, serviceUrl } = useDatabase({ template })
  let database: Database | undefined
  beforeAll(async () => {
    database = await openDatabase({ url: serviceUrl, applicationName: 'event-store-test', poolSize: 20 })
  })
  afterAll(() => database?.close())
  return {
    url,
    serviceUrl,
    open: () => {
      if (!database) throw new Error('The database is there only while tests run.')
      return database
    },
  }
}
