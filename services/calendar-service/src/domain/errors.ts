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
  unsupported_search: {
    kind: 'rejected',
    message: 'The search uses what message metadata cannot answer.',
  },
  google_protocol_broken: { kind: 'unavailable', message: 'Google answered something that cannot be used.' },
  sync_cursor_rejected: { kind: 'unavailable', message: 'Google refused the sync position twice.' },
  calendar_not_writable: { kind: 'forbidden', message: 'Google does not let this account change that.' },
  event_changed: {
    kind: 'precondition_failed',
    message: 'Somebody changed the event meanwhile, and the two changes cannot both stand.',
  },
  event_id_taken: { kind: 'conflict', message: 'Another event already has this id.' },
  event_refused: { kind: 'rejected', message: 'Google does not accept the event like this.' },
  missing_scopes: { kind: 'conflict', message: 'The user has not granted every scope this needs.' },
  needs_reauthorization: {
    kind: 'conflict',
    message: 'The user has to connect the Google account again before this works.',
  },
  google_unavailable: { kind: 'unavailable', message: 'Google does not answer at the moment.' },
  google_busy: { kind: 'unavailable', message: 'Google takes no more requests for a while.' },
  google_quota_reached: {
    kind: 'limited',
    message: 'Google takes no more requests for this account, or for all of them, within this minute.',
  },
  lease_lost: { kind: 'conflict', message: 'Another process works on this resource now.' },
})
