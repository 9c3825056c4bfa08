import { describe, expect, it } from 'vitest'
import { instantAt, withOffset } from './event-time.ts'
import { recurrenceWalls } from './recurrence.ts'

const zone = 'America/New_York'

/** The first walls of a series, as `2026-03-02` or `2026-03-02T09:00`. */
function walls(start: string, lines: readonly string[], most = 8): string[] {
  const allDay = !start.includes('T')
  const firstWall = Date.parse(allDay ? `${start}T00:00:00Z` : `${start}:00Z`)
  const all = recurrenceWalls(lines, { firstWall, zone, allDay })
  return [...all.take(most)].map((wall) => new Date(wall).toISOString().slice(0, allDay ? 10 : 16))
}

describe('a recurrence', () => {
  it.each([
    [
      'every second day',
      '2026-01-30',
      ['RRULE:FREQ=DAILY;INTERVAL=2;COUNT=3'],
      ['2026-01-30', '2026-02-01', '2026-02-03'],
    ],
    [
      'some weekdays',
      '2026-03-04',
      ['RRULE:FREQ=WEEKLY;BYDAY=MO,WE;COUNT=3'],
      ['2026-03-04', '2026-03-09', '2026-03-11'],
    ],
    [
      'every other week from Sunday',
      '1997-08-05',
      ['RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU'],
      ['1997-08-05', '1997-08-17', '1997-08-19', '1997-08-31'],
    ],
    [
      'every other week from Monday',
      '1997-08-05',
      ['RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO'],
      ['1997-08-05', '1997-08-10', '1997-08-19', '1997-08-24'],
    ],
    [
      'months that have a 31st',
      '2026-01-31',
      ['RRULE:FREQ=MONTHLY;COUNT=3'],
      ['2026-01-31', '2026-03-31', '2026-05-31'],
    ],
    [
      'the last Friday of a month',
      '2026-01-30',
      ['RRULE:FREQ=MONTHLY;BYDAY=-1FR;COUNT=3'],
      ['2026-01-30', '2026-02-27', '2026-03-27'],
    ],
    [
      'the last weekday of a month',
      '2026-01-30',
      ['RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=2'],
      ['2026-01-30', '2026-02-27'],
    ],
    [
      'the last day of a month',
      '2026-01-31',
      ['RRULE:FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3'],
      ['2026-01-31', '2026-02-28', '2026-03-31'],
    ],
    ['leap days', '2024-02-29', ['RRULE:FREQ=YEARLY;COUNT=2'], ['2024-02-29', '2028-02-29']],
    [
      'Thanksgiving',
      '2026-11-26',
      ['RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;COUNT=2'],
      ['2026-11-26', '2027-11-25'],
    ],
    [
      'extra and excluded dates',
      '2026-03-02',
      ['RRULE:FREQ=DAILY;COUNT=3', 'EXDATE;VALUE=DATE:20260303', 'RDATE;VALUE=DATE:20260310'],
      ['2026-03-02', '2026-03-04', '2026-03-10'],
    ],
    ['only dates', '2026-03-02', ['RDATE;VALUE=DATE:20260310'], ['2026-03-02', '2026-03-10']],
    ['nothing at all', '2026-03-02', ['RRULE:FREQ=DAILY;UNTIL=20260301'], []],
  ])('can be %s', (_, start, lines, expected) => {
    expect(walls(start, lines)).toEqual(expected)
  })

  it('ends with UNTIL in UTC, inclusive, also where the day differs', () => {
    const line = 'RRULE:FREQ=DAILY;UNTIL=20260304T010000Z'
    expect(walls('2026-03-02T20:00', [line])).toEqual(['2026-03-02T20:00', '2026-03-03T20:00'])
  })

  it('counts a bare UNTIL date as that whole day', () => {
    expect(walls('2026-03-02T20:00', ['RRULE:FREQ=DAILY;UNTIL=20260303'])).toHaveLength(2)
  })

  it('leaves out an excluded instant named in UTC or in a zone', () => {
    const lines = [
      'RRULE:FREQ=DAILY;COUNT=3',
      'EXDATE:20260302T140000Z',
      'EXDATE;TZID=Europe/Berlin:20260303T150000',
    ]
    expect(walls('2026-03-02T09:00', lines)).toEqual(['2026-03-04T09:00'])
  })
})

describe('wall time', () => {
  it.each([
    ['winter', '2026-03-07T09:00:00Z', '2026-03-07T09:00:00-05:00'],
    ['summer', '2026-03-09T09:00:00Z', '2026-03-09T09:00:00-04:00'],
    ['the hour that does not exist', '2026-03-08T02:30:00Z', '2026-03-08T03:30:00-04:00'],
    ['the hour that comes twice', '2026-11-01T01:30:00Z', '2026-11-01T01:30:00-04:00'],
  ])('stays on the wall in %s', (_, wall, expected) => {
    expect(withOffset(instantAt(Date.parse(wall), zone), zone)).toBe(expected)
  })
})
