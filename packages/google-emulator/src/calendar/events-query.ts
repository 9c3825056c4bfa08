import { googleError } from '../http/google-error.ts'
import { booleanFrom, invalidParameter, pageSizeFrom, queryHashOf, timeFrom } from '../paging/query.ts'

export interface EventsQuery {
  readonly syncToken: string | null
  readonly pageToken: string | null
  readonly pageSize: number
  readonly hash: string
  readonly syncable: boolean
  readonly singleEvents: boolean
  readonly showDeleted: boolean
  readonly orderBy: string | null
  readonly timeMin: number | null
  readonly timeMax: number | null
  readonly updatedMin: number | null
  readonly q: string | null
  readonly iCalUID: string | null
  readonly eventTypes: readonly string[]
  readonly privateProperties: readonly string[]
  readonly sharedProperties: readonly string[]
  readonly timeZone: string | null
}

/** LIST reference: these "cannot be specified together with syncToken". */
const excludedBySyncToken = [
  'iCalUID',
  'orderBy',
  'privateExtendedProperty',
  'q',
  'sharedExtendedProperty',
  'timeMin',
  'timeMax',
  'updatedMin',
]
/** Must stay the same from the first list to every delta; the excluded ones belong to the first list only. */
const boundToSyncToken = [
  'alwaysIncludeEmail',
  'eventTypes',
  'maxAttendees',
  'showHiddenInvitations',
  'singleEvents',
  'timeZone',
]
const neverSyncable = [
  'orderBy',
  'q',
  'iCalUID',
  'privateExtendedProperty',
  'sharedExtendedProperty',
  'updatedMin',
]

/** Reads and cross-checks the parameters of events.list.
 * @throws GoogleError 400 */
export function parseEventsQuery(query: URLSearchParams): EventsQuery {
  const syncToken = query.get('syncToken')
  const singleEvents = booleanFrom(query, 'singleEvents') ?? false
  const orderBy = query.get('orderBy')
  const showDeleted = booleanFrom(query, 'showDeleted')
  if (syncToken !== null) refuseBesideSyncToken(query, showDeleted)
  checkOrder(orderBy, singleEvents)
  const [timeMin, timeMax] = [timeFrom(query, 'timeMin'), timeFrom(query, 'timeMax')]
  if (timeMin !== null && timeMax !== null && timeMin >= timeMax) {
    throw googleError(400, 'timeRangeEmpty', 'The specified time range is empty.', { location: 'timeMax' })
  }
  return {
    syncToken,
    pageToken: query.get('pageToken'),
    pageSize: pageSizeFrom(query, { usual: 250, most: 2500 }),
    hash: queryHashOf(query, boundToSyncToken),
    syncable: !neverSyncable.some((name) => query.has(name)),
    singleEvents,
    showDeleted: showDeleted ?? false,
    orderBy,
    timeMin,
    timeMax,
    updatedMin: timeFrom(query, 'updatedMin'),
    q: query.get('q'),
    iCalUID: query.get('iCalUID'),
    eventTypes: query.getAll('eventTypes'),
    privateProperties: query.getAll('privateExtendedProperty'),
    sharedProperties: query.getAll('sharedExtendedProperty'),
    timeZone: query.get('timeZone'),
  }
}

function refuseBesideSyncToken(query: URLSearchParams, showDeleted: boolean | null): void {
  const together = excludedBySyncToken.find((name) => query.has(name))
  if (together !== undefined) {
    throw googleError(400, 'invalid', `Sync token cannot be used with ${together}.`, { location: together })
  }
  if (showDeleted === false) {
    throw googleError(400, 'invalid', 'Sync token cannot be used without deleted events.', {
      location: 'showDeleted',
    })
  }
}

function checkOrder(orderBy: string | null, singleEvents: boolean): void {
  if (orderBy !== null && orderBy !== 'startTime' && orderBy !== 'updated')
    throw invalidParameter('orderBy', orderBy)
  if (orderBy === 'startTime' && !singleEvents) {
    throw googleError(400, 'invalid', 'The requested ordering is not available for the particular query.', {
      location: 'orderBy',
    })
  }
}
