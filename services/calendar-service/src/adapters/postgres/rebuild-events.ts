import { type Rebuildable, sqlOf } from '@evergrant/event-store'
import { resourceStream } from '../../domain/resource-facts.ts'
import { eventColumnNames } from './event-columns.ts'
import { lockResource } from './lock-resource.ts'

const { streamType, streamId: prefix } = resourceStream('calendar', '')

const columns = [...eventColumnNames.split(', '), 'raw']
const of = (row: string) => columns.map((column) => `${row}.${column}`).join(', ')
const newValues = columns.filter((name) => name !== 'event_id').map((name) => `${name} = excluded.${name}`)

// The log was written after the rows: its last word on an event is the row as it was then, and nothing once it was dropped.
// Both descending, so that the index gives it in this order.
const mendText = `
  with newest as materialized (
    select distinct on (event_id) user_id, seq from calendar_change
     where calendar_id = $1 order by event_id desc, seq desc),
  expected as materialized (
    select c.event_id, c.etag, c.starts_at, c.ends_at, c.is_master, c.recurring_event_id, c.original_start,
           c.event as raw,
           case when c.kind = 'deleted' then 'cancelled'
                when jsonb_typeof(c.event->'status') = 'string' then c.event->>'status' else 'confirmed' end as status
      from newest n join calendar_change c on c.user_id = n.user_id and c.seq = n.seq
     where c.event is not null),
  dropped as (
    delete from calendar_event e
     where e.calendar_id = $1 and not exists (select from expected x where x.event_id = e.event_id)
    returning 1),
  written as (
    insert into calendar_event (calendar_id, ${columns.join(', ')})
    select $1, ${of('x')} from expected x
      left join calendar_event e on e.calendar_id = $1 and e.event_id = x.event_id
     where (${of('e')}) is distinct from (${of('x')})
    on conflict (calendar_id, event_id) do update set ${newValues.join(', ')}
    returning 1)
  select (select count(*) from expected)::int as rows,
         ((select count(*) from dropped) + (select count(*) from written))::int as wrong`

/** The events of a calendar, from the log of their changes; in one statement, however many there are. */
export const rebuildEvents: Rebuildable = {
  name: 'calendar-events',
  streamTypes: [streamType],
  tables: ['calendar_event'],
  rebuild: async (unit, streamId) => {
    const calendarId = streamId.slice(prefix.length)
    await lockResource(unit, calendarId)
    const [found] = await sqlOf(unit)<{ rows: number; wrong: number }>(mendText, [calendarId])
    return found ?? { rows: 0, wrong: 0 }
  },
}
