import type { Sql } from '@evergrant/event-store'
import type { WrittenEvent } from './change-log.ts'
import { eventColumnNames } from './event-columns.ts'
import { closed, isNews, returningClosed, upsertTail } from './event-statements.ts'
import { lookingPhase, type Phase } from './slices.ts'

const row = ({ eventId, etag, cancelled, etagBefore }: WrittenEvent): WrittenEvent => ({
  eventId,
  etag,
  cancelled,
  etagBefore,
})

// A lateral join with a limit is a look at one row by its key; nothing tempts the planner to read the other table whole.
const notStaged = `array(
  select l.id from looked l left join lateral (
    select true as kept from calendar_event_staged s where s.calendar_id = $2 and s.event_id = l.id limit 1) s on true
   where s.kept is null)`

// An occurrence that is no longer cancelled at Google must not stay hidden here. It comes first: what is closed later is
// cancelled as well, and stays.
const dropUnlisted = {
  columns: 'e.etag',
  from: `calendar_event e where e.calendar_id = $2 and e.status = 'cancelled' and e.recurring_event_id is not null`,
  write: `w as (
    delete from calendar_event e where e.calendar_id = $2 and e.event_id = any(${notStaged}) ${returningClosed})`,
}

const closeUnlisted = {
  columns: 'e.etag',
  from: `calendar_event e where e.calendar_id = $2 and e.status <> 'cancelled'`,
  write: `w as (
    update calendar_event e set ${closed} where e.calendar_id = $2 and e.event_id = any(${notStaged}) ${returningClosed})`,
}

const switchTo = (which: string) => ({
  columns: `${eventColumnNames.replace(/\w+/g, 'e.$&')}, e.raw`,
  from: `calendar_event_staged e where e.calendar_id = $2 and e.raw is not null and ${which}`,
  write: `
    news as materialized (
      select l.*, b.etag as etag_before from looked l left join lateral (
          select e.event_id, e.etag, e.status from calendar_event e
           where e.calendar_id = $2 and e.event_id = l.id limit 1) b on true
       where ${isNews('b', 'l')}),
    u as (
      insert into calendar_event (calendar_id, ${eventColumnNames}, raw)
      select $2, ${eventColumnNames}, raw from news ${upsertTail}
      returning event_id, etag, status),
    w as (
      select u.event_id as "eventId", u.etag, u.status = 'cancelled' as cancelled, n.etag_before as "etagBefore"
        from u join news n on n.event_id = u.event_id)`,
})

const close = {
  columns: 'e.etag',
  from: `calendar_event e where e.calendar_id = $2 and e.status <> 'cancelled'`,
  write: `w as (
    update calendar_event e set ${closed} where e.calendar_id = $2 and e.event_id = any(array(select id from looked))
    ${returningClosed})`,
}

const putAway = {
  columns: 'null as nothing',
  from: 'calendar_event_staged e where e.calendar_id = $2',
  write: `gone as (
      delete from calendar_event_staged e where e.calendar_id = $2 and e.event_id = any(array(select id from looked))),
    w as (select where false)`,
  isPuttingAway: true,
}

/** Readers switch to a staged generation without ever seeing fewer events than it has: first what is there, then what is
 * cancelled, which takes its exceptions along, and last what the generation does not have. */
export function switchingPhases(sql: Sql, calendarId: string): readonly Phase<WrittenEvent>[] {
  const phases = [
    dropUnlisted,
    switchTo(`e.status is distinct from 'cancelled'`),
    switchTo(`e.status = 'cancelled'`),
    closeUnlisted,
    putAway,
  ]
  return phases.map((how) => phaseOf(sql, calendarId, how))
}

/** Everything is closed. */
export function closingPhases(sql: Sql, calendarId: string): readonly Phase<WrittenEvent>[] {
  return [close, putAway].map((how) => phaseOf(sql, calendarId, how))
}

/** The staged generation is of no use any more. */
export function stagedPutAway(sql: Sql, calendarId: string): Phase<WrittenEvent> {
  return phaseOf(sql, calendarId, putAway)
}

function phaseOf(sql: Sql, calendarId: string, how: typeof putAway | typeof close): Phase<WrittenEvent> {
  return lookingPhase(sql, { ...how, id: 'e.event_id', params: [calendarId], row })
}
