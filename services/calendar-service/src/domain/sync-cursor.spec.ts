import { DomainError } from '@evergrant/decider'
import { describe, expect, it } from 'vitest'
import { firstSlice, nothingClosed } from './rest.ts'
import { noCounts } from './sync.ts'
import {
  abandonPass,
  advance,
  beginPass,
  closingPass,
  emptyCursor,
  isUnbelievable,
  keepSwitching,
  lookAgain,
  mayReopen,
  nextRequest,
  reopen,
  type SyncCursor,
} from './sync-cursor.ts'

const queryHash = 'q1'
const synced: SyncCursor = { generation: 1, syncToken: 'T1', queryHash, pass: null, unproven: false }
const wanted = { mode: 'incremental', queryHash, hasRows: true } as const

const codeOf = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    return error instanceof DomainError ? error.code : error
  }
  return 'nothing was thrown'
}

describe('a sync cursor', () => {
  it('begins with a full pass straight into the empty copy', () => {
    const { pass, opened } = beginPass(emptyCursor, { ...wanted, hasRows: false })
    expect(pass).toMatchObject({ mode: 'full', generation: 1, staged: false })
    expect(opened).toBe('first')
  })

  it('goes on incrementally and repeats its token on every page (B1.7)', () => {
    const { cursor, pass, opened } = beginPass(synced, wanted)
    expect(opened).toBeNull()
    expect(nextRequest(cursor, pass)).toEqual({ syncToken: 'T1', pageToken: null })
    const step = advance(cursor, pass, { nextPageToken: 'P2', nextSyncToken: null })
    expect(nextRequest(step.cursor, step.pass)).toEqual({ syncToken: 'T1', pageToken: 'P2' })
  })

  it('changes its token with the last page only (B1.2)', () => {
    const { cursor, pass } = beginPass(synced, wanted)
    const more = advance(cursor, pass, { nextPageToken: 'P2', nextSyncToken: 'early' })
    expect(more).toMatchObject({ kind: 'more', cursor: { syncToken: 'T1' } })
    const done = advance(more.cursor, more.pass, { nextPageToken: null, nextSyncToken: 'T2' })
    expect(done).toMatchObject({ kind: 'done', cursor: { syncToken: 'T2', generation: 1, pass: null } })
  })

  it('resumes the pass a crash interrupted (B1.13)', () => {
    const { cursor, pass } = beginPass(emptyCursor, { ...wanted, hasRows: false })
    const step = advance(cursor, pass, { nextPageToken: 'P2', nextSyncToken: null })
    const resumed = beginPass(step.cursor, { ...wanted, hasRows: true })
    expect(resumed).toEqual({ cursor: step.cursor, pass: step.pass, opened: null })
  })

  it('does not resume an incremental pass when everything is asked for', () => {
    const { cursor } = beginPass(synced, wanted)
    expect(beginPass(cursor, { ...wanted, mode: 'full' })).toMatchObject({
      opened: 'asked',
      pass: { mode: 'full', generation: 2, staged: true },
    })
  })

  it('drops its token when the query changed, because Google leaves that undefined (B1.10)', () => {
    const begun = beginPass(synced, { ...wanted, queryHash: 'q2' })
    expect(begun).toMatchObject({
      opened: 'query_changed',
      cursor: { syncToken: null, queryHash: 'q2' },
      pass: { mode: 'full', generation: 2, staged: true },
    })
    expect(nextRequest(begun.cursor, begun.pass)).toEqual({ syncToken: null, pageToken: null })
  })

  it('opens a generation beside the old one when Google lost the token', () => {
    const { cursor, pass } = beginPass(synced, wanted)
    const reopened = reopen(cursor, pass, true)
    expect(reopened).toMatchObject({
      opened: 'sync_token_lost',
      cursor: { generation: 1, syncToken: null },
      pass: { mode: 'full', generation: 2, staged: true },
    })
    const done = advance(reopened.cursor, reopened.pass, { nextPageToken: null, nextSyncToken: 'T2' })
    expect(done.cursor).toMatchObject({ generation: 2, syncToken: 'T2' })
  })

  it('does not ask again and again when the new generation is refused as well (B1.19)', () => {
    const { cursor, pass } = beginPass(synced, wanted)
    const once = reopen(cursor, pass, true)
    expect(codeOf(() => reopen(once.cursor, once.pass, true))).toBe('sync_cursor_rejected')
  })

  it('reopens no second time for a token that was never any good, until it has given up once', () => {
    const { cursor, pass } = beginPass(synced, wanted)
    const again = reopen(cursor, pass, true)
    const filled = advance(again.cursor, again.pass, { nextPageToken: null, nextSyncToken: 'T2' })
    const next = beginPass(filled.cursor, wanted)
    expect(mayReopen(next.cursor, next.pass)).toBe(false)
    expect(codeOf(() => reopen(next.cursor, next.pass, true))).toBe('sync_cursor_rejected')
    const later = beginPass(abandonPass(next.cursor), wanted)
    expect(mayReopen(later.cursor, later.pass)).toBe(true)
    const worked = advance(next.cursor, next.pass, { nextPageToken: null, nextSyncToken: 'T3' })
    const proven = beginPass(worked.cursor, wanted)
    expect(mayReopen(proven.cursor, proven.pass)).toBe(true)
  })

  it.each([
    ['neither token', { nextPageToken: null, nextSyncToken: null }],
    ['the page token it was asked for', { nextPageToken: 'P2', nextSyncToken: null }],
  ])('refuses a page with %s, and keeps the token it has (B1.5)', (_, page) => {
    const { cursor, pass } = beginPass(synced, wanted)
    const on = advance(cursor, pass, { nextPageToken: 'P2', nextSyncToken: null })
    expect(codeOf(() => advance(on.cursor, on.pass, page))).toBe('google_protocol_broken')
    expect(on.cursor.syncToken).toBe('T1')
  })

  it.each([1, 2, 3, 7, 100])('notices a circle of %i pages, wherever it begins', (length) => {
    for (const lead of [0, 1, 2, 5, 64]) {
      const walk = () => {
        let at = beginPass(synced, wanted)
        for (let page = 0; page < 4 * (lead + length) + 4; page++) {
          const nr = page < lead ? page : lead + ((page - lead) % length)
          at = { ...at, ...advance(at.cursor, at.pass, { nextPageToken: `P${nr}`, nextSyncToken: null }) }
        }
      }
      expect(codeOf(walk)).toBe('google_protocol_broken')
    }
  })

  it('takes no long list for a circle', () => {
    let at = beginPass(synced, wanted)
    for (let page = 0; page < 5000; page++) {
      at = { ...at, ...advance(at.cursor, at.pass, { nextPageToken: `P${page}`, nextSyncToken: null }) }
    }
    expect(at.pass.pages).toBe(5000)
  })

  it('looks again, once, before it closes unbelievably much', () => {
    expect(isUnbelievable({ readable: 12, absent: 12 })).toBe(true)
    expect(isUnbelievable({ readable: 100, absent: 50 })).toBe(false)
    expect(isUnbelievable({ readable: 9, absent: 9 })).toBe(false)
    const full = beginPass(synced, { ...wanted, mode: 'full' })
    const done = advance(full.cursor, full.pass, { nextPageToken: null, nextSyncToken: 'T2' })
    expect(lookAgain(done.cursor, done.pass)).toMatchObject({
      opened: 'mass_deletion_suspected',
      cursor: { syncToken: null },
      pass: { mode: 'full', staged: true, pageToken: null, secondLook: true },
    })
  })

  it('keeps its token until readers are switched to all of a generation, whatever Google says meanwhile', () => {
    const full = beginPass(synced, { ...wanted, mode: 'full' })
    const { cursor, pass } = advance(full.cursor, full.pass, { nextPageToken: 'last', nextSyncToken: null })
    const rest = { at: firstSlice, counts: noCounts, swept: 0, listed: 0 }
    const step = keepSwitching(cursor, pass, { kind: 'switch', syncToken: 'T2', ...rest })
    expect(step.cursor).toMatchObject({ syncToken: 'T1', generation: 1, pass: { pageToken: null } })
    expect(beginPass(step.cursor, wanted)).toEqual({ cursor: step.cursor, pass: step.pass, opened: null })
    expect(abandonPass(step.cursor)).toEqual(step.cursor)
    const closing = { ...synced, syncToken: null, pass: closingPass(nothingClosed) }
    expect(abandonPass(closing)).toEqual(closing)
    expect(closingPass(null)).toBeNull()
  })

  it('starts over from its token when a pass is given up', () => {
    const { cursor, pass } = beginPass(synced, wanted)
    const on = advance(cursor, pass, { nextPageToken: 'old', nextSyncToken: null })
    expect(beginPass(abandonPass(on.cursor), wanted).pass).toMatchObject({
      mode: 'incremental',
      pageToken: null,
    })
  })
})
