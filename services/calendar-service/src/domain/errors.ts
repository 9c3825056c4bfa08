import { defineErrors } from '@evergrant/decider'

/** Everything calendar-service refuses with. Codes are promises (docs/errors.md). */
export const calendarErrors = defineErrors({
  unknown_calendar: { kind: 'missing', message: 'There is no such calendar.' },
  unknown_calendar_connection: { kind: 'missing', message: 'There is no such calendar connection.' },
  unknown_sync: { kind: 'missing', message: 'There is no such sync.' },
  unknown_event: { kind: 'missing', message: 'There is no such event.' },
  ambiguous_event: {
    kind: 'conflict',
    message: 'The event is in several calendars; say which with calendarId.',
  },
  no_calendar_connection: { kind: 'conflict', message: 'No calendar is connected yet.' },
  invalid_time_window: {
    kind: 'rejected',
    message: 'timeMin must be before timeMax, at most ten years apart.',
  },
  google_protocol_broken: { kind: 'unavailable', message: 'Google answered something that cannot be used.' },
  sync_cursor_rejected: { kind: 'unavailable', message: 'Google refused the sync position twice.' },
  lease_lost: { kind: 'conflict', message: 'Another process works on this resource now.' },
})
