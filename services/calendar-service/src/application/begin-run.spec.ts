import type { EventStore } from '@evergrant/event-store'
import { createInMemoryEventStore } from '@evergrant/event-store/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { calendarFactCatalogue } from '../domain/fact-catalogue.ts'
import { firstSlice, nothingClosed } from '../domain/rest.ts'
import { noCounts } from '../domain/sync.ts'
import { emptyCursor } from '../domain/sync-cursor.ts'
import { beginRun } from './begin-run.ts'
import { tellSync } from './finish-run.ts'
import type { ClaimedRun, SyncedResource } from './ports.ts'
import type { FetchedPage, Source } from './sources.ts'
import { actor, type WalkParts } from './walk-parts.ts'

const uuid = (nth: number) => `018f0000-0000-7000-8000-00000000000${nth}`
const now = new Date('2026-11-29T10:00:00.000Z')
const clock = { now: () => now }
const [syncId, connectionId, calendarId] = [uuid(1), uuid(2), uuid(3)]
const sync = { syncId, correlationId: 'request', traceparent: null }
const run: ClaimedRun = {
  ...{ runId: 'run', resourceId: calendarId, connectionId, kind: 'calendar', googleId: 'a' },
  ...{ mode: 'incremental', attempt: 1, fence: 1, othersDue: false },
}
const known: SyncedResource = {
  ...{ resourceId: calendarId, kind: 'calendar', connectionId, userId: 'alice', googleId: 'a' },
  ...{ timeZone: 'UTC', lastSyncedAt: now, removed: false },
  cursor: { ...emptyCursor, generation: 1, syncToken: 'last', queryHash: 'query' },
}

describe('the beginning of a run', () => {
  let store: EventStore
  let resource: SyncedResource
  let asked: (string | null)[]
  let written: string[]

  const parts = (changed: Partial<WalkParts> = {}): WalkParts => {
    const source: Source = {
      service: 'calendar',
      queryHash: 'query',
      hasRows: async () => true,
      takeRest: async () => ({ counts: noCounts, cursor: emptyCursor, widenTo: [] }),
      discardStaged: async () => void written.push('discardStaged'),
      fetch: async (_, { syncToken }) => {
        asked.push(syncToken)
        return {} as FetchedPage
      },
    }
    return {
      ...{ store, clock, ids: { next: () => 'id' }, random: () => 0, leaseMs: 1000, sliceRows: 100 },
      onDefect: (error) => {
        throw error
      },
      tokens: { get: async () => 'access-token' },
      allowances: () => ({ take: async () => 1 }),
      sources: { calendar: source, calendar_list: source, mailbox: source, drive: source },
      resources: {
        ...{ open: async () => {}, noteFailure: async () => {}, noteSynced: async () => {} },
        savePass: async () => void written.push('savePass'),
        find: async () => resource,
        lock: async () => resource,
        saveCursor: async () => void written.push('saveCursor'),
      },
      queue: {
        ...{
          enqueue: async () => {},
          claim: async () => null,
          takeBack: async () => undefined,
          postpone: async () => {},
          underWay: async () => [],
        },
        ...{ whoWaits: async () => [sync], waiters: async () => [sync] },
        progress: async () => void written.push('progress'),
        end: async () => {
          written.push('end')
          return { pages: 0, upserted: 0, deleted: 0, unchanged: 0 }
        },
        complete: async () => ({ counts: noCounts, waiting: [] }),
      },
      ...changed,
    }
  }
  const factsOfSync = async () => (await store.readStream(`sync-${syncId}`)).facts.map(({ type }) => type)

  beforeEach(async () => {
    asked = []
    written = []
    resource = known
    store = createInMemoryEventStore({
      ...{ source: 'calendar-service', facts: calendarFactCatalogue, projections: [], clock },
    })
    const scope = {
      ...{ syncId, userId: 'alice', connectionIds: [connectionId], calendarId: null },
      mode: 'incremental' as const,
      cause: 'user' as const,
    }
    await tellSync(
      store,
      sync,
      {
        type: 'RequestSync',
        ...{ scope, resourceIds: [calendarId], impossible: null, now: now.toISOString() },
      },
      actor,
    )
  })

  it('asks Google for what came after the token while it still says that it has begun', async () => {
    const { promise: told, resolve: tell } = Promise.withResolvers<void>()
    let transactions = 0
    const slow: EventStore = {
      ...store,
      // The first one is the look at the resource.
      transaction: async (work, how) => {
        if (++transactions > 1) await told
        return store.transaction(work, how)
      },
    }
    const begun = beginRun(parts({ store: slow }), run)
    await expect.poll(() => asked).toEqual(['last'])
    expect(await factsOfSync()).toEqual(['SyncRequested'])
    tell()
    expect(await begun).toMatchObject({ pass: { mode: 'incremental', pageToken: null } })
    expect(await factsOfSync()).toEqual(['SyncRequested', 'SyncStarted'])
  })

  it('writes nothing but that, for a crash would have it decide the same again', async () => {
    await beginRun(parts(), run)
    expect(written).toEqual([])
  })

  it('is told once, however many runs of a sync begin', async () => {
    await Promise.all([beginRun(parts(), run), beginRun(parts(), { ...run, runId: 'other' })])
    expect(await factsOfSync()).toEqual(['SyncRequested', 'SyncStarted'])
  })

  it('opens a generation under the lease and with the resource locked, and asks for nothing before', async () => {
    const begun = await beginRun(parts(), { ...run, mode: 'full' })
    expect(begun).toMatchObject({ pass: { mode: 'full', staged: true, generation: 2 }, ahead: null })
    expect(written).toEqual(['progress', 'saveCursor', 'discardStaged'])
    expect(asked).toEqual([])
  })

  it('asks for nothing where only slices of a pass are left, nor where the resource is being closed', async () => {
    const walked = {
      mode: 'full',
      generation: 2,
      staged: true,
      pageToken: null,
      pages: 1,
      restarts: 0,
    } as const
    const switching = {
      kind: 'switch',
      syncToken: 'new',
      at: firstSlice,
      counts: noCounts,
      swept: 0,
      listed: 0,
    } as const
    for (const rest of [switching, nothingClosed]) {
      resource = { ...known, cursor: { ...known.cursor, pass: { ...walked, rest } } }
      expect(await beginRun(parts(), run)).toMatchObject({ pass: { rest }, ahead: null })
    }
    expect(asked).toEqual([])
  })

  it('is its end when the resource is gone', async () => {
    resource = { ...known, removed: true }
    expect(await beginRun(parts(), run)).toBeNull()
    expect(written).toEqual(['progress', 'end'])
    expect(await factsOfSync()).toEqual(['SyncRequested', 'SyncStarted', 'ResourceSynced', 'SyncCompleted'])
    expect(asked).toEqual([])
  })
})
