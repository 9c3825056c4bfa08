import { describe, expect, it } from 'vitest'
import { eventsAsJson, latestById } from './event-columns.ts'

const columns = (event: Record<string, unknown>, zone = 'Europe/Berlin') =>
  JSON.parse(
    eventsAsJson({ events: [{ id: 'e', ...event }], timeZone: zone })
      .subarray(1)
      .toString(),
  )[0] as Record<string, unknown>

describe('what an event is searched by', () => {
  it('is its instants, with whole days where the calendar is (B3.49)', () => {
    const day = { start: { date: '2026-07-01' }, end: { date: '2026-07-02' } }
    expect(columns(day)).toMatchObject({
      starts_at: '2026-06-30T22:00:00.000Z',
      ends_at: '2026-07-01T22:00:00.000Z',
    })
    expect(columns(day, 'Asia/Tokyo')).toMatchObject({ starts_at: '2026-06-30T15:00:00.000Z' })
    const floating = { start: { dateTime: '2026-07-01T09:00:00', timeZone: 'America/New_York' } }
    expect(columns(floating)).toMatchObject({
      starts_at: '2026-07-01T13:00:00.000Z',
      ends_at: '2026-07-01T13:00:00.000Z',
    })
  })

  it('is read in the zone of the calendar when its own is none, and keeps what it says (B3.51)', () => {
    const start = { dateTime: '2026-07-01T09:00:00', timeZone: 'Customized Time Zone 1' }
    expect(columns({ start })).toMatchObject({ starts_at: '2026-07-01T07:00:00.000Z', raw: { start } })
  })

  it.each([
    ['open', { endTimeUnspecified: true }, '2026-07-01T07:00:00.000Z'],
    ['empty', { end: { dateTime: '2026-07-01T09:00:00+02:00' } }, '2026-07-01T07:00:00.000Z'],
    ['negative', { end: { dateTime: '2026-07-01T08:00:00+02:00' } }, '2026-07-01T07:00:00.000Z'],
    [
      'negative by days',
      { start: { date: '2026-07-02' }, end: { date: '2026-07-01' } },
      '2026-07-01T22:00:00.000Z',
    ],
  ])('is its start when its length is %s, so that some window shows it (B3.52)', (_, event, ends_at) => {
    const start = { dateTime: '2026-07-01T09:00:00+02:00' }
    expect(columns({ start, ...event })).toMatchObject({ ends_at, raw: event })
  })

  it('is the whole life of a series', () => {
    const times = { start: { dateTime: '2026-07-01T09:00:00Z' }, end: { dateTime: '2026-07-01T10:00:00Z' } }
    const endless = columns({ ...times, recurrence: ['RRULE:FREQ=DAILY'] })
    expect(endless).toMatchObject({ is_master: true, ends_at: null })
    const until = columns({ ...times, recurrence: ['RRULE:FREQ=DAILY;UNTIL=20260705T090000Z'] })
    expect(Date.parse(String(until.ends_at))).toBeGreaterThanOrEqual(Date.parse('2026-07-05T10:00:00Z'))
  })

  it('is little for a tombstone and for an event without readable times (B2.35)', () => {
    const nothing = { starts_at: null, ends_at: null, is_master: false, recurring_event_id: null }
    expect(columns({ status: 'cancelled' })).toMatchObject({ ...nothing, status: 'cancelled', etag: null })
    expect(
      columns({ start: { dateTime: 'soon' }, end: null, recurrence: ['RRULE:FREQ=DAILY'] }),
    ).toMatchObject(nothing)
    expect(columns({ start: { dateTime: '+120000-01-01T00:00:00Z' } })).toMatchObject({ starts_at: null })
  })

  it('is the slot an exception stands for, however far it was moved (B2.37)', () => {
    const exception = {
      recurringEventId: 'm',
      originalStartTime: { dateTime: '2026-07-01T09:00:00+02:00' },
      start: { dateTime: '2026-08-01T09:00:00+02:00' },
    }
    expect(columns(exception)).toMatchObject({
      recurring_event_id: 'm',
      original_start: Date.parse('2026-07-01T07:00:00Z'),
      starts_at: '2026-08-01T07:00:00.000Z',
    })
  })

  it('is a fingerprint where an etag is missing, so that a change shows', () => {
    const [one, two, again] = ['a', 'b', 'a'].map((summary) => columns({ summary }).etag)
    expect(one).toBe(again)
    expect(one).not.toBe(two)
    expect(columns({ summary: 'a', etag: '"1"' }).etag).toBe('"1"')
  })

  it('is the later revision of an id that a page names twice (B1.15)', () => {
    const twice = [
      { id: 'e', etag: '1' },
      { id: 'e', etag: '2' },
    ]
    expect(latestById(twice)).toEqual([{ id: 'e', etag: '2' }])
  })
})
