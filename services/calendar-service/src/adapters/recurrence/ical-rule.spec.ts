import { describe, expect, it } from 'vitest'
import { expandSeries } from '../../domain/expand-series.ts'
import type { GoogleEvent } from '../../domain/google-event.ts'
import { stepWithIcal } from './ical-rule.ts'

const berlin = (dateTime: string) => ({ dateTime, timeZone: 'Europe/Berlin' })
const window = { fromMs: Date.parse('2026-01-01T00:00:00Z'), toMs: Date.parse('2027-01-01T00:00:00Z') }

const series = (
  master: Record<string, unknown>,
  takenSlots: readonly number[] = [],
  calendarZone = 'Europe/Berlin',
) =>
  expandSeries(
    { master: { id: 'm', ...master } as GoogleEvent, takenSlots: new Set(takenSlots), calendarZone },
    window,
    stepWithIcal,
    1000,
  )
const startsOf = (found: ReturnType<typeof series>) =>
  found.map(({ event }) => {
    const { dateTime, date } = event.start as { dateTime?: string; date?: string }
    return dateTime ?? date
  })

describe('the occurrences of a series', () => {
  const weekly = {
    summary: 'weekly',
    start: berlin('2026-03-23T09:00:00+01:00'),
    end: berlin('2026-03-23T10:00:00+01:00'),
  }

  it('stay at the same wall time over both changes of the clocks (B3.50)', () => {
    const spring = series({ ...weekly, recurrence: ['RRULE:FREQ=WEEKLY;COUNT=2'] })
    expect(startsOf(spring)).toEqual(['2026-03-23T09:00:00+01:00', '2026-03-30T09:00:00+02:00'])
    const autumn = series({
      start: berlin('2026-10-19T09:00:00+02:00'),
      end: berlin('2026-10-19T10:00:00+02:00'),
      recurrence: ['RRULE:FREQ=WEEKLY;COUNT=2'],
    })
    expect(startsOf(autumn)).toEqual(['2026-10-19T09:00:00+02:00', '2026-10-26T09:00:00+01:00'])
  })

  it("look like Google's own instances (B2.40)", () => {
    const [first] = series({ ...weekly, recurrence: ['RRULE:FREQ=WEEKLY;COUNT=1'] })
    expect(first?.event).toEqual({
      id: 'm_20260323T080000Z',
      summary: 'weekly',
      recurringEventId: 'm',
      originalStartTime: berlin('2026-03-23T09:00:00+01:00'),
      start: berlin('2026-03-23T09:00:00+01:00'),
      end: berlin('2026-03-23T10:00:00+01:00'),
    })
    const [day] = series({
      start: { date: '2026-05-01' },
      end: { date: '2026-05-03' },
      recurrence: ['RRULE:FREQ=MONTHLY;COUNT=1'],
    })
    expect(day?.event).toMatchObject({
      id: 'm_20260501',
      start: { date: '2026-05-01' },
      end: { date: '2026-05-03' },
    })
  })

  it.each(['Asia/Tokyo', 'America/Los_Angeles', 'UTC'])('keep whole days whole in %s (B3.48)', (zone) => {
    const days = series(
      {
        start: { date: '2026-03-28' },
        end: { date: '2026-03-29' },
        recurrence: ['RRULE:FREQ=DAILY;COUNT=3'],
      },
      [],
      zone,
    )
    expect(startsOf(days)).toEqual(['2026-03-28', '2026-03-29', '2026-03-30'])
  })

  it('leave out what an exception has taken, wherever it was moved to (B2.37)', () => {
    const taken = Date.parse('2026-03-30T07:00:00Z')
    const rest = series({ ...weekly, recurrence: ['RRULE:FREQ=WEEKLY;COUNT=3'] }, [taken])
    expect(startsOf(rest)).toEqual(['2026-03-23T09:00:00+01:00', '2026-04-06T09:00:00+02:00'])
  })

  it.each([
    ['a UTC time', 'UNTIL=20260330T070000Z', 2],
    ['a UTC time just before', 'UNTIL=20260330T065959Z', 1],
    ['a date on a timed series', 'UNTIL=20260330', 2],
    ['a local time', 'UNTIL=20260330T090000', 2],
    ['nonsense, which is no end', 'UNTIL=tomorrow;COUNT=4', 4],
  ])('end with %s (B2.41)', (_, until, count) => {
    expect(series({ ...weekly, recurrence: [`RRULE:FREQ=WEEKLY;${until}`] })).toHaveLength(count)
  })

  it('follow EXDATE, RDATE and EXRULE (B2.41)', () => {
    const found = series({
      ...weekly,
      recurrence: [
        'RRULE:FREQ=WEEKLY;COUNT=4',
        'EXDATE;TZID=Europe/Berlin:20260330T090000',
        'RDATE:20260401T070000Z',
        'EXRULE:FREQ=WEEKLY;INTERVAL=3',
      ],
    })
    expect(startsOf(found)).toEqual(['2026-04-01T09:00:00+02:00', '2026-04-06T09:00:00+02:00'])
  })

  it('are none for a rule nobody can read, and for a series that excludes them all (B2.42)', () => {
    expect(series({ ...weekly, recurrence: ['RRULE:FREQ=SOMETIMES'] })).toEqual([])
    expect(series({ ...weekly, recurrence: ['garbage'] })).toHaveLength(1)
    const excluded = ['RRULE:FREQ=DAILY;COUNT=1', 'EXDATE:20260323T080000Z']
    expect(series({ ...weekly, recurrence: excluded })).toEqual([])
    expect(series({ recurrence: ['RRULE:FREQ=DAILY'] })).toEqual([])
  })

  it.each([
    'FREQ=DAILY;INTERVAL=3',
    'FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH,SU',
    'FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=SU,SA',
    'FREQ=DAILY;BYMONTH=3;BYDAY=FR',
  ])('are the same whether or not the years before were skipped: %s', (rule) => {
    const start = { wall: Date.UTC(2020, 1, 29, 9), allDay: false }
    const from = Date.UTC(2026, 0, 1)
    const steps = (skipTo: number) => {
      const found: number[] = []
      for (const wall of stepWithIcal(rule, { ...start, from: skipTo })) {
        if (wall >= Date.UTC(2026, 6, 1)) break
        if (wall >= from) found.push(wall)
      }
      return found
    }
    expect(steps(from).length).toBeGreaterThan(3)
    expect(steps(from)).toEqual(steps(start.wall))
  })

  it('are found far into a series without an end', () => {
    const found = series({
      start: berlin('1990-01-01T09:00:00+01:00'),
      end: berlin('1990-01-01T09:00:00+01:00'),
      recurrence: ['RRULE:FREQ=DAILY'],
    })
    expect(found).toHaveLength(365)
  })
})
