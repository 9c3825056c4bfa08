import { type Projection, type RecordedFact, sqlOf, type UnitOfWork } from '@evergrant/event-store'
import type { EventWriteFact } from '../domain/event-write.ts'

const statusOf: Readonly<Record<Exclude<EventWriteFact['type'], 'EventWriteRequested'>, string>> = {
  EventWriteMerged: 'requested',
  EventWriteApplied: 'applied',
  EventWriteConflicted: 'conflicted',
  EventWriteRefused: 'refused',
  EventWriteLeftInDoubt: 'in_doubt',
}

/** Which writes were asked for, and how does each stand? */
export const eventWrites: Projection = {
  name: 'event-writes',
  apply: async (unit: UnitOfWork, recorded: RecordedFact) => {
    const fact = recorded as RecordedFact<EventWriteFact>
    if (fact.type === 'EventWriteRequested') {
      const { writeId, userId, calendarId, eventId, kind, requestedAt } = fact.data
      await sqlOf(unit)(
        `insert into event_write (write_id, stream_id, user_id, calendar_id, event_id, kind, status, requested_at)
         values ($1, $2, $3, $4, $5, $6, 'requested', $7)
         on conflict (write_id) do update set status = excluded.status, requested_at = excluded.requested_at,
           looked_at = null`,
        [writeId, fact.streamId, userId, calendarId, eventId, kind, requestedAt],
      )
    } else if (fact.type in statusOf) {
      await sqlOf(unit)('update event_write set status = $2 where write_id = $1', [
        fact.data.writeId,
        statusOf[fact.type],
      ])
    }
  },
  forget: async (unit, streamId) => {
    await sqlOf(unit)('delete from event_write where stream_id = $1', [streamId])
  },
}
