import type { MigrationObject } from '@mikro-orm/core'
import { EventStoreTables } from './0001-event-store.ts'
import { RelayTables } from './0002-relay.ts'
import { InboxTables } from './0003-inbox.ts'
import { MigrationRecord } from './0004-migration-record.ts'
import { Forgetting } from './0005-forgetting.ts'
import { Rewinds } from './0006-rewinds.ts'

/** What every service puts first in its own `migrations/all.ts`. */
export const eventStoreMigrations: readonly MigrationObject[] = [
  { name: '0001-event-store', class: EventStoreTables },
  { name: '0002-relay', class: RelayTables },
  { name: '0003-inbox', class: InboxTables },
  { name: '0004-migration-record', class: MigrationRecord },
  { name: '0005-forgetting', class: Forgetting },
  { name: '0006-rewinds', class: Rewinds },
]
