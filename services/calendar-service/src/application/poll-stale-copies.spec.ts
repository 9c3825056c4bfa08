import { createInMemoryEventStore } from '@evergrant/event-store/testing'
import { describe, expect, it } from 'vitest'
import { calendarFactCatalogue } from '../domain/fact-catalogue.ts'
import { createPollStaleCopies } from './poll-stale-copies.ts'
import type { DueCopy } from './ports.ts'
import type { SyncAsk } from './request-sync.ts'

const clock = { now: () => new Date('2026-11-30T10:00:00.000Z') }

function startPolling(rounds: { readonly due: readonly DueCopy[]; readonly isFull: boolean }[]) {
  const looked: number[] = []
  const asked: Pick<SyncAsk, 'connectionId' | 'calendarId' | 'cause'>[] = []
  const poll = createPollStaleCopies({
    store: createInMemoryEventStore({ source: 'spec', facts: calendarFactCatalogue, projections: [], clock }),
    stale: {
      take: async (_unit, { backstopAfterMs }) => {
        looked.push(backstopAfterMs)
        return rounds.shift() ?? { due: [], isFull: false }
      },
    },
    requestSync: async (_unit, { syncId, connectionId, calendarId, cause }) => {
      asked.push({ connectionId, calendarId, cause })
      return { id: syncId, status: 'requested' }
    },
    ids: { next: () => 'id' },
    staleAfterMs: 60_000,
    backstopAfterMs: 900_000,
  })
  return { poll, looked, asked }
}

describe('looking for old copies', () => {
  it('asks for each connection and each calendar that is due', async () => {
    const due = [
      { connectionId: 'a', calendarId: null },
      { connectionId: 'b', calendarId: 'c' },
    ]
    const { poll, asked } = startPolling([{ due, isFull: false }])
    expect(await poll()).toBe('done')
    expect(asked).toEqual(due.map((copy) => ({ ...copy, cause: 'schedule' })))
  })

  it('begins as if Google said nothing, until all have had their turn: nobody heard what it said before', async () => {
    const full = { due: [], isFull: true }
    const { poll, looked } = startPolling([full, full])
    expect([await poll(), await poll(), await poll(), await poll()]).toEqual(['more', 'more', 'done', 'done'])
    expect(looked).toEqual([60_000, 60_000, 60_000, 900_000])
  })
})
