import { eventStoreMigrations } from '@evergrant/event-store'
import { idempotencyMigrations } from '@evergrant/service-runtime'
import { SyncedResources } from './0001-synced-resources.ts'
import { CalendarCopy } from './0002-calendar-copy.ts'
import { SyncCorrelation } from './0003-sync-correlation.ts'
import { MailboxesAndDrives } from './0004-mailboxes-and-drives.ts'
import { EventWrites } from './0005-event-writes.ts'
import { PushChannels } from './0006-push-channels.ts'
import { EventHistory } from './0007-event-history.ts'
import { FairRuns } from './0008-fair-runs.ts'
import { CalendarsInTheLog } from './0009-calendars-in-the-log.ts'
import { SlidingBudgets } from './0010-sliding-budgets.ts'
import { MailboxAddresses } from './0011-mailbox-addresses.ts'
import { WatchedUntil } from './0012-watched-until.ts'
import { ForgettableSyncs } from './0013-forgettable-syncs.ts'

/** In the order they run. */
export const migrations = [
  ...eventStoreMigrations,
  ...idempotencyMigrations,
  { name: '0001-synced-resources', class: SyncedResources },
  { name: '0002-calendar-copy', class: CalendarCopy },
  { name: '0003-sync-correlation', class: SyncCorrelation },
  { name: '0004-mailboxes-and-drives', class: MailboxesAndDrives },
  { name: '0005-event-writes', class: EventWrites },
  { name: '0006-push-channels', class: PushChannels },
  { name: '0007-event-history', class: EventHistory },
  { name: '0008-fair-runs', class: FairRuns },
  { name: '0009-calendars-in-the-log', class: CalendarsInTheLog },
  { name: '0010-sliding-budgets', class: SlidingBudgets },
  { name: '0011-mailbox-addresses', class: MailboxAddresses },
  { name: '0012-watched-until', class: WatchedUntil },
  { name: '0013-forgettable-syncs', class: ForgettableSyncs },
]
