import { eventStoreMigrations } from '@evergrant/event-store'
import { SyncedResources } from './0101-synced-resources.ts'
import { CalendarCopy } from './0102-calendar-copy.ts'

/** In order, by name; names never change. */
export const calendarMigrations = [
  ...eventStoreMigrations,
  { name: '0101-synced-resources', class: SyncedResources },
  { name: '0102-calendar-copy', class: CalendarCopy },
]
