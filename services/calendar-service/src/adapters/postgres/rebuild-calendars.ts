import {
  type Projection,
  type Rebuildable,
  type RecordedFact,
  rebuildFromFacts,
  sqlOf,
} from '@evergrant/event-store'
import { type ResourceFact, resourceStream } from '../../domain/resource-facts.ts'
import { calendarColumns, calendarList } from './calendar-columns.ts'
import { lockResource } from './lock-resource.ts'

const { streamType, streamId: prefix } = resourceStream('calendar_list', '')
// A connection's first resource, its list, has its id.
const connectionIdOf = (streamId: string) => streamId.slice(prefix.length)

const calendars: Projection = {
  name: 'calendars',
  apply: async (unit, recorded) => {
    const fact = recorded as RecordedFact<ResourceFact>
    if (fact.type !== 'CalendarsListed') return
    const { connectionId, userId, generation, entries, removedIds, listedAt } = fact.data
    const { json } = calendarColumns(connectionId, entries)
    await calendarList.upsert(sqlOf(unit), { connectionId, userId, generation, json })
    await calendarList.remove(sqlOf(unit), removedIds, listedAt)
  },
  forget: async (unit, streamId) => {
    await sqlOf(unit)('delete from calendar where connection_id = $1', [connectionIdOf(streamId)])
  },
}

/** The calendars of a connection, from what its list said. */
export const rebuildCalendars: Rebuildable = rebuildFromFacts(calendars, {
  streamTypes: [streamType],
  tables: [{ table: 'calendar', key: ['calendar_id'], where: 'connection_id = $1', of: connectionIdOf }],
  lockFirst: (unit, streamId) => lockResource(unit, connectionIdOf(streamId)),
})
