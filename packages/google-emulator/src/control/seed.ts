import { instantAt } from '../calendar/event-time.ts'
import { instantStamp } from '../calendar/occurrences.ts'
import type { CalendarControl } from './calendar-control.ts'
import type { DriveControl } from './drive-control.ts'
import type { GmailControl } from './gmail-control.ts'

const dayMs = 86_400_000
const zone = 'Europe/Berlin'

/** Two people to try things with: alice with two calendars that have one of each kind of event, some mail and some
 * files; bob with none of his own. They share a drive. */
export function seedDefaults(control: CalendarControl & GmailControl & DriveControl, now: Date): void {
  seedCalendars(control, now)
  seedMailAndFiles(control, now)
}

function seedMailAndFiles(control: GmailControl & DriveControl, now: Date): void {
  const [alice, bob] = ['alice@example.com', 'bob@example.com']
  const from = new Date(now.getTime() - dayMs).toISOString()
  control.seedMessages(alice, { count: 12, seed: 1, from })
  const lunch = { id: 'lunchwithbob', subject: 'Lunch on Wednesday?', from: bob, date: now.toISOString() }
  control.addMessage(alice, lunch)
  control.seedFiles(alice, { count: 6, seed: 1 })
  control.putFile(alice, { id: 'oldplan', name: 'Old plan', trashed: true })
  const team = control.addSharedDrive({ id: '0AteamDrive', name: 'Team', members: [alice, bob] })
  control.putFile(team.id, { id: 'roadmap', name: 'Roadmap' })
}

function seedCalendars(control: CalendarControl, now: Date): void {
  control.addAccount({ email: 'alice@example.com', name: 'Alice Example', timeZone: zone })
  control.addAccount({ email: 'bob@example.com', name: 'Bob Example', timeZone: zone })
  const team = control.addCalendar({
    email: 'alice@example.com',
    id: 'team@group.calendar.google.com',
    summary: 'Team',
  })
  const monday = Date.UTC(
    now.getUTCFullYear(),
    now.getUTCMonth(),
    now.getUTCDate() - ((now.getUTCDay() + 6) % 7),
  )
  const day = (offset: number) => new Date(monday + offset * dayMs).toISOString().slice(0, 10)
  const at = (offset: number, time: string) => ({ dateTime: `${day(offset)}T${time}:00`, timeZone: zone })
  const alice = 'alice@example.com'

  control.putEvent(alice, {
    id: 'dentist00',
    summary: 'Dentist',
    location: 'Main Street 1',
    start: at(1, '08:30'),
    end: at(1, '09:15'),
  })
  control.putEvent(alice, {
    id: 'vacation0',
    summary: 'Vacation',
    start: { date: day(10) },
    end: { date: day(15) },
    transparency: 'transparent',
  })
  control.putEvent(alice, {
    id: 'lunchbob0',
    summary: 'Lunch with Bob',
    start: at(2, '12:00'),
    end: at(2, '13:00'),
    attendees: [
      { email: alice, self: true, responseStatus: 'accepted' },
      { email: 'bob@example.com', responseStatus: 'needsAction' },
    ],
  })
  control.putEvent(team.id, {
    id: 'standup00',
    summary: 'Standup',
    start: at(0, '09:30'),
    end: at(0, '09:45'),
    recurrence: ['RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR'],
  })
  const stamp = (offset: number) =>
    `standup00_${instantStamp(instantAt(Date.parse(`${day(offset)}T09:30:00Z`), zone))}`
  control.putEvent(team.id, {
    id: stamp(2),
    summary: 'Standup (moved)',
    start: at(2, '11:00'),
    end: at(2, '11:15'),
  })
  control.deleteEvent(team.id, stamp(4))
  control.putEvent(team.id, {
    id: 'planning0',
    summary: 'Planning',
    start: at(3, '14:00'),
    end: at(3, '16:00'),
  })
}
