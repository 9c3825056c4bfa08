import { randomUUID } from 'node:crypto'
import { sqlOf } from '@evergrant/event-store'
import { describe, expect, it } from 'vitest'
import type { GoogleEvent } from '../../domain/google-event.ts'
import { emptyCursor } from '../../domain/sync-cursor.ts'
import { useCalendarStore } from '../../testing/use-calendar-store.ts'
import { postgresEventRows } from './event-rows.ts'
import { postgresResources } from './resources.ts'
import { createRunQueue } from './run-queue.ts'

const { database, store } = useCalendarStore()

describe('the rows of a calendar', () => {
  const newCalendar = () => {
    const calendar = {
      calendarId: randomUUID(),
      connectionId: randomUUID(),
      userId: randomUUID(),
      at: new Date(),
    }
    const stored = (...events: readonly GoogleEvent[]) =>
      store().transaction((unit) =>
        postgresEventRows.store(unit, {
          ...calendar,
          cause: { kind: 'sync', by: 'spec' } as const,
          timeZone: 'UTC',
          events,
        }),
      )
    const rows = () =>
      sqlOf(database())<{ id: string; status: string; raw: GoogleEvent }>(
        'select event_id as id, status, raw from calendar_event where calendar_id = $1 order by event_id',
        [calendar.calendarId],
      )
    return { stored, rows }
  }
  const day = { start: { date: '2026-01-01' }, end: { date: '2026-01-02' } }

  it('change only with their etag', async () => {
    const { stored } = newCalendar()
    const events = [
      { id: 'a', etag: '"1"', ...day },
      { id: 'b', etag: '"1"', ...day },
    ]
    expect(await stored(...events)).toMatchObject({ counts: { upserted: 2, unchanged: 0 } })
    expect(await stored(...events)).toEqual({
      changes: [],
      counts: { pages: 0, upserted: 0, deleted: 0, unchanged: 2 },
    })
    expect((await stored({ id: 'a', etag: '"2"', ...day })).changes).toEqual([
      { eventId: 'a', etag: '"2"', kind: 'upserted' },
    ])
  })

  it('outlive a tombstone, and an undelete (B2.45)', async () => {
    const { stored, rows } = newCalendar()
    await stored({ id: 'a', etag: '"1"', summary: 'kept', ...day })
    const gone = await stored({ id: 'a', etag: '"2"', status: 'cancelled' })
    expect(gone.changes).toEqual([{ eventId: 'a', etag: '"2"', kind: 'deleted' }])
    expect(await rows()).toMatchObject([{ status: 'cancelled', raw: { summary: 'kept', ...day } }])
    await stored({ id: 'a', etag: '"3"', status: 'confirmed', summary: 'back', ...day })
    expect(await rows()).toMatchObject([{ status: 'confirmed', raw: { summary: 'back' } }])
  })

  it('take no notice of the tombstone of an unknown event, but of that of an occurrence', async () => {
    const { stored, rows } = newCalendar()
    const originalStartTime = { date: '2026-01-05' }
    const result = await stored(
      { id: 'unknown', etag: '"1"', status: 'cancelled' },
      { id: 'm_20260105', etag: '"1"', status: 'cancelled', recurringEventId: 'm', originalStartTime },
    )
    expect(result.changes.map(({ eventId }) => eventId)).toEqual(['m_20260105'])
    expect((await rows()).map(({ id }) => id)).toEqual(['m_20260105'])
  })

  it('close the exceptions of a series with the series (B2.36)', async () => {
    const { stored } = newCalendar()
    const exception = {
      id: 'x',
      etag: '"1"',
      recurringEventId: 'm',
      originalStartTime: { date: '2026-01-05' },
    }
    await stored({ id: 'm', etag: '"1"', recurrence: ['RRULE:FREQ=DAILY'], ...day }, { ...exception, ...day })
    const { changes } = await stored({ id: 'm', etag: '"2"', status: 'cancelled' })
    expect(changes.map(({ eventId, kind }) => [eventId, kind])).toEqual([
      ['m', 'deleted'],
      ['x', 'deleted'],
    ])
  })

  it('take what Google may send and PostgreSQL would refuse', async () => {
    const { stored, rows } = newCalendar()
    const description = 'x'.repeat(1_000_000)
    await stored(
      { id: 'nul', summary: 'a\u0000b\ud800' },
      { id: 'ages', start: { dateTime: '+200000-01-01T00:00:00Z' } },
      { id: 'long', description },
      { id: '#/ü@', start: null, end: 7, attendees: 'nobody' },
    )
    const found = await rows()
    expect(found).toHaveLength(4)
    expect(found.find(({ id }) => id === 'nul')?.raw.summary).toBe('ab\ufffd')
    expect(found.find(({ id }) => id === 'long')?.raw.description).toBe(description)
  })
})

describe('the queue of runs', () => {
  it('fences off a holder whose lease was taken over while the new one works', async () => {
    const queue = createRunQueue(database())
    const [resourceId, connectionId, runId] = [randomUUID(), randomUUID(), randomUUID()]
    const resource = { resourceId, connectionId, userId: 'alice', googleId: 'a', kind: 'calendar' } as const
    await store().transaction(async (unit) => {
      await postgresResources.open(unit, resource)
      await queue.enqueue(unit, {
        runId,
        resourceId,
        connectionId,
        mode: 'incremental',
        syncId: randomUUID(),
      })
    })
    const late = await queue.claim('one', 0)
    const holder = await queue.claim('two', 60_000)
    expect([late?.runId, holder?.runId]).toEqual([runId, runId])
    expect(await queue.claim('three', 60_000)).toBeNull()
    const counts = { pages: 1, upserted: 0, deleted: 0, unchanged: 0 }
    const progress = (run: typeof late) =>
      store().transaction(async (unit) => {
        if (run) await queue.progress(unit, run, { counts, mode: 'full', leaseMs: 1000 })
      })
    await expect(progress(late)).rejects.toMatchObject({ code: 'lease_lost' })
    await progress(holder)

    const cursor = { ...emptyCursor, generation: 3, syncToken: 'newest', queryHash: 'query' }
    const complete = (run: typeof late) =>
      store().transaction(async (unit) => run && queue.complete(unit, run, { counts, mode: 'full', cursor }))
    await expect(complete(late)).rejects.toMatchObject({ code: 'lease_lost' })
    const found = () => store().transaction((unit) => postgresResources.find(unit, resourceId))
    expect(await found()).toMatchObject({ cursor: emptyCursor, lastSyncedAt: null })
    expect(await complete(holder)).toEqual({ counts: { ...counts, pages: 2 }, waiting: [] })
    expect(await found()).toMatchObject({ cursor, lastSyncedAt: expect.any(Date) })
    await expect(complete(holder)).rejects.toMatchObject({ code: 'lease_lost' })
  })
})
