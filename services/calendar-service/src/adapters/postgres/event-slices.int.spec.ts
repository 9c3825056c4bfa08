import { randomUUID } from 'node:crypto'
import { sqlOf } from '@evergrant/event-store'
import { describe, expect, it } from 'vitest'
import type { GoogleEvent } from '../../domain/google-event.ts'
import { firstSlice, type SlicePosition } from '../../domain/rest.ts'
import { useCalendarStore } from '../../testing/use-calendar-store.ts'
import { postgresEventRows } from './event-rows.ts'

const { database, store } = useCalendarStore()

const day = { start: { date: '2026-01-01' }, end: { date: '2026-01-02' } }
const event = (id: string, more: object = {}): GoogleEvent => ({ id, etag: '"1"', ...day, ...more })
const series = (id: string, more: object = {}) => event(id, { recurrence: ['RRULE:FREQ=DAILY'], ...more })
const exception = (master: string, date: string, more: object = {}) =>
  event(`${master}_${date}`, { recurringEventId: master, originalStartTime: { date }, ...more })
const changed = { etag: '"2"' }
const cancelled = { status: 'cancelled' }

const before = [
  ...['alike', 'edited', 'ghost', 'phantom'].map((id) => event(id)),
  series('kept'),
  exception('kept', '2026-01-03', cancelled),
  exception('kept', '2026-01-04'),
  exception('kept', '2026-01-05'),
  series('ended'),
  exception('ended', '2026-01-06'),
]
const listed = [
  event('alike'),
  event('edited', changed),
  event('added'),
  series('kept'),
  exception('kept', '2026-01-04'),
  series('ended', { ...changed, ...cancelled }),
  exception('ended', '2026-01-06', changed),
]

/** A calendar that is switched to, or closed, in slices of about so many rows. */
async function inSlices(what: 'swap' | 'closeAll', mostRows: number) {
  const calendar = {
    ...{ calendarId: randomUUID(), connectionId: randomUUID(), userId: randomUUID(), at: new Date() },
    ...{ cause: { kind: 'resync', by: 'spec' } as const, timeZone: 'UTC' },
  }
  await store().transaction(async (unit) => {
    await postgresEventRows.store(unit, { ...calendar, events: before })
    await postgresEventRows.stage(unit, { ...calendar, events: listed })
  })
  const sql = sqlOf(database())
  const feed = () =>
    sql<{ id: string; kind: string }>(
      `select event_id as id, kind from calendar_change where calendar_id = $1 and event is not null order by seq`,
      [calendar.calendarId],
    )
  const old = (await feed()).length
  let slices = 0
  for (let at: SlicePosition | null = firstSlice; at !== null; slices++) {
    const slice: { readonly at: SlicePosition; readonly mostRows: number } = { at, mostRows }
    at = (await store().transaction((unit) => postgresEventRows[what](unit, calendar, slice))).next
  }
  const rows = await sql<{ id: string; status: string }>(
    'select event_id as id, status from calendar_event where calendar_id = $1',
    [calendar.calendarId],
  )
  const staged = await sql('select from calendar_event_staged where calendar_id = $1', [calendar.calendarId])
  const told = (await feed()).slice(old).map(({ id, kind }) => `${id} ${kind}`)
  return {
    slices,
    staged: staged.length,
    rows: Object.fromEntries(rows.map(({ id, status }) => [id, status])),
    told: told.toSorted(),
  }
}

describe('the rows of a calendar, in slices of any size,', () => {
  it.each([1, 2, 3, 100])('are switched to a generation the same way (%i)', async (mostRows) => {
    const { slices, ...result } = await inSlices('swap', mostRows)
    expect(slices).toBeGreaterThanOrEqual(mostRows < 100 ? 9 / (2 * mostRows) : 1)
    expect(result).toEqual({
      staged: 0,
      rows: {
        ...{ alike: 'confirmed', edited: 'confirmed', added: 'confirmed' },
        ...{ ghost: 'cancelled', phantom: 'cancelled' },
        // No longer cancelled at Google: it is an occurrence again. One that is a ghost stays closed.
        ...{ kept: 'confirmed', 'kept_2026-01-04': 'confirmed', 'kept_2026-01-05': 'cancelled' },
        // A cancelled series takes its exceptions along, also one that was listed.
        ...{ ended: 'cancelled', 'ended_2026-01-06': 'cancelled' },
      },
      told: [
        'added upserted',
        'edited upserted',
        'ended deleted',
        'ended_2026-01-06 deleted',
        'ended_2026-01-06 upserted',
        'ghost deleted',
        'kept_2026-01-05 deleted',
        'phantom deleted',
      ],
    })
  })

  it.each([1, 2, 3, 100])('are closed the same way (%i)', async (mostRows) => {
    const { staged, rows, told } = await inSlices('closeAll', mostRows)
    const open = before.map(({ id }) => id).filter((id) => id !== 'kept_2026-01-03')
    expect(staged).toBe(0)
    expect(rows).toEqual(Object.fromEntries(before.map(({ id }) => [id, 'cancelled'])))
    expect(told).toEqual(open.map((id) => `${id} deleted`).toSorted())
  })
})
