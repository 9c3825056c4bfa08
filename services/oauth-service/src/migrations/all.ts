import { eventStoreMigrations } from '@evergrant/event-store'
import { Authorizations } from './0001-authorizations.ts'
import { KnownGrantsAndQuietSweeps } from './0002-known-grants-and-quiet-sweeps.ts'

/** In order, oldest first; what the event store needs comes before what this service adds. */
export const migrations = [
  ...eventStoreMigrations,
  { name: '0001-authorizations', class: Authorizations },
  { name: '0002-known-grants-and-quiet-sweeps', class: KnownGrantsAndQuietSweeps },
]
