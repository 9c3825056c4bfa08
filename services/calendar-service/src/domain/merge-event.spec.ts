import { describe, expect, it } from 'vitest'
import type { GoogleEvent } from './google-event.ts'
import { eventAsWanted, mergeEvent } from './merge-event.ts'

const at = (time: string) => ({ dateTime: `2026-06-01T${time}:00+02:00`, timeZone: 'Europe/Berlin' })
const base: GoogleEvent = { id: 'e', etag: '"1"', summary: 'Tea', start: at('09:00'), end: at('10:00') }
const theirs = (fields: object): GoogleEvent => ({ ...base, etag: '"2"', ...fields })

describe('merging a write with what somebody else did', () => {
  it.each([
    ['different fields', { summary: 'Coffee' }, { location: 'Kitchen' }],
    ['nothing but the etag', { summary: 'Coffee' }, {}],
    ['a field the writer removes and they kept', { summary: null }, { location: 'Kitchen' }],
  ])('lets both stand: %s', (_, mine, changes) => {
    expect(mergeEvent(base, mine, theirs(changes))).toEqual({ kind: 'mergeable' })
  })

  it.each([
    ['the same field', { summary: 'Coffee' }, { summary: 'Water' }, ['summary']],
    ['a removed field', { summary: null }, { summary: 'Water' }, ['summary']],
    ['an end beside a moved start', { end: at('11:00') }, { start: at('08:00') }, ['end']],
    [
      'a rule beside a moved start',
      { recurrence: ['RRULE:FREQ=DAILY'] },
      { start: at('08:00') },
      ['recurrence'],
    ],
    ['a list as a whole', { attendees: [] }, { attendees: [{ email: 'a@example.com' }] }, ['attendees']],
  ])('is a conflict: %s', (_, mine, changes, fields) => {
    expect(mergeEvent(base, mine, theirs(changes))).toEqual({ kind: 'conflict', fields })
  })

  it.each([
    ['word for word', { summary: 'Coffee' }, { summary: 'Coffee' }],
    ['a time Google gave its offset', { start: { dateTime: '2026-06-01T08:00:00' } }, { start: at('08:00') }],
    ['the same moment elsewhere', { start: { dateTime: '2026-06-01T06:00:00Z' } }, { start: at('08:00') }],
    [
      'an attendee Google added to',
      { attendees: [{ email: 'a@example.com' }] },
      { attendees: [{ email: 'a@example.com', responseStatus: 'needsAction' }] },
    ],
    ['a removal of what is not there', { location: null }, {}],
  ])('knows its own work again: %s', (_, mine, changes) => {
    expect(mergeEvent(base, mine, theirs(changes))).toEqual({ kind: 'same' })
    expect(mergeEvent(null, mine, theirs(changes))).toEqual({ kind: 'same' })
  })

  it('merges nothing upon a revision nobody knows', () => {
    const verdict = mergeEvent(null, { summary: 'Coffee' }, theirs({}))
    expect(verdict).toEqual({ kind: 'conflict', fields: ['summary'] })
  })

  it('shows what the writer wanted', () => {
    expect(eventAsWanted(base, { summary: null, location: 'Kitchen' })).toEqual({
      id: 'e',
      etag: '"1"',
      start: base.start,
      end: base.end,
      location: 'Kitchen',
    })
  })
})
