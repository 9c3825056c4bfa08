import { calendarErrors } from './errors.ts'
import type { CloseRest, Rest, SwitchRest } from './rest.ts'

/**
 * Where a resource's copy stands: one model for the calendar list, every calendar, a mailbox and every drive.
 *
 * A *pass* is one walk through Google's pages. An incremental pass changes the readable rows page by page. A full
 * pass opens a generation: the first one fills the empty copy directly; a later one is staged beside it, so
 * readers keep the old rows until all of it is there. The sync token changes only with the last page, in the same
 * transaction as that page's rows, so it is never ahead of its data. A generation with more changes than one transaction
 * should hold is switched to in slices; the token then changes with the last of them.
 */
export interface SyncCursor {
  /** The generation readers see; 0 before the first full pass is complete. */
  readonly generation: number
  readonly syncToken: string | null
  /** Which query the token belongs to: Google leaves another query with the same token undefined. */
  readonly queryHash: string | null
  /** The pass under way, so that a crash resumes at its next page. */
  readonly pass: Pass | null
  /** The token came from a generation that had to be reopened, and no pass has ended with it yet. */
  readonly unproven: boolean
}

export interface Pass {
  readonly mode: 'incremental' | 'full'
  readonly generation: number
  readonly staged: boolean
  readonly pageToken: string | null
  readonly pages: number
  /** A page token from earlier in this pass; to come by it again is to walk in a circle. */
  readonly landmark?: string
  /** How often this pass has had to start over because Google no longer knew its token. */
  readonly restarts: number
  /** The first look at this generation would have closed unbelievably much; this one is believed. */
  readonly secondLook?: boolean
  /** There are no more pages to ask for: this is left to do. */
  readonly rest?: Rest
}

export interface PageTokens {
  readonly nextPageToken: string | null
  readonly nextSyncToken: string | null
}

export const emptyCursor: SyncCursor = {
  generation: 0,
  syncToken: null,
  queryHash: null,
  pass: null,
  unproven: false,
}

export type OpeningReason =
  | 'first'
  | 'asked'
  | 'query_changed'
  | 'sync_token_lost'
  | 'mass_deletion_suspected'

export interface BegunPass {
  readonly cursor: SyncCursor
  readonly pass: Pass
  /** Why a generation was opened; null when none was. */
  readonly opened: OpeningReason | null
}

/** The pass to walk: the one under way, an incremental one, or a full one when that is asked for or unavoidable. */
export function beginPass(
  cursor: SyncCursor,
  wanted: { readonly mode: 'incremental' | 'full'; readonly queryHash: string; readonly hasRows: boolean },
): BegunPass {
  const { queryHash, mode } = wanted
  const sameQuery = cursor.queryHash === queryHash
  const current = cursor.pass
  if (current !== null && sameQuery && (current.mode === 'full' || mode === 'incremental')) {
    return { cursor, pass: current, opened: null }
  }
  const { generation } = cursor
  if (mode === 'incremental' && cursor.syncToken !== null && sameQuery) {
    const start = { staged: false, pageToken: null, pages: 0, restarts: 0 }
    const pass: Pass = { mode: 'incremental', generation, ...start }
    return { cursor: { ...cursor, pass }, pass, opened: null }
  }
  const pass = fullPass(Math.max(generation, current?.generation ?? 0) + 1, wanted.hasRows, 0)
  return {
    cursor: { ...cursor, queryHash, syncToken: sameQuery ? cursor.syncToken : null, pass },
    pass,
    opened: openingReason(cursor, sameQuery, mode),
  }
}

function openingReason(cursor: SyncCursor, sameQuery: boolean, mode: 'incremental' | 'full'): OpeningReason {
  if (cursor.queryHash === null) return 'first'
  if (!sameQuery) return 'query_changed'
  return mode === 'full' ? 'asked' : 'sync_token_lost'
}

/** Gives up a pass that cannot be continued, e.g. because its page token is too old; the copy stays as it is. What is left
 * of a pass without pages needs nothing of Google's: nothing that Google says ends it. */
export function abandonPass(cursor: SyncCursor): SyncCursor {
  if (cursor.pass?.rest !== undefined) return cursor
  return { ...cursor, pass: null, unproven: false }
}

/** Whether a lost token may open a generation now: not twice in a pass, and not when the token that the last reopening
 * ended with was never any good. Gmail has done that to quiet mailboxes: each sync was a full one, forever. */
export function mayReopen(cursor: SyncCursor, pass: Pass): boolean {
  return pass.restarts === 0 && !(cursor.unproven && pass.mode === 'incremental')
}

function fullPass(generation: number, staged: boolean, restarts: number): Pass {
  return { mode: 'full', generation, staged, pageToken: null, pages: 0, restarts }
}

/** What Google is asked for next. An incremental pass repeats its token on every page. */
export function nextRequest(
  cursor: SyncCursor,
  pass: Pass,
): { readonly syncToken: string | null; readonly pageToken: string | null } {
  return { syncToken: pass.mode === 'incremental' ? cursor.syncToken : null, pageToken: pass.pageToken }
}

export type PageStep =
  | { readonly kind: 'more'; readonly cursor: SyncCursor; readonly pass: Pass }
  | { readonly kind: 'done'; readonly cursor: SyncCursor; readonly pass: Pass; readonly syncToken: string }

const mostPages = 1_000_000

/** Moves past one page. Empty and short pages with a next token are ordinary.
 * @throws DomainError `google_protocol_broken` when there is no way on, or the way on is a circle. */
export function advance(cursor: SyncCursor, pass: Pass, page: PageTokens): PageStep {
  const walked: Pass = { ...pass, pages: pass.pages + 1 }
  if (page.nextPageToken) {
    const known = [pass.pageToken, pass.landmark]
    if (known.includes(page.nextPageToken) || walked.pages >= mostPages) {
      throw calendarErrors.google_protocol_broken({ detail: 'the page token repeats' })
    }
    const landmark = setsLandmark(walked.pages) ? { landmark: page.nextPageToken } : {}
    const next = { ...walked, ...landmark, pageToken: page.nextPageToken }
    return { kind: 'more', pass: next, cursor: { ...cursor, pass: next } }
  }
  if (!page.nextSyncToken) {
    throw calendarErrors.google_protocol_broken({ detail: 'neither nextPageToken nor nextSyncToken' })
  }
  return endPass(cursor, walked, page.nextSyncToken)
}

/** The generation is complete, and its token is the one to go on from. */
export function endPass(cursor: SyncCursor, pass: Pass, syncToken: string): PageStep {
  const { generation, restarts } = pass
  const ended = { ...cursor, generation, syncToken, pass: null, unproven: restarts > 0 }
  return { kind: 'done', pass, cursor: ended, syncToken }
}

/** All pages of a generation are here, but readers are not switched to all of it yet. A process of an earlier release, which
 * knows no rest, lists it once more from its first page: staged rows may be put away already. */
export function keepSwitching(cursor: SyncCursor, pass: Pass, rest: SwitchRest): PageStep {
  const next = { ...pass, pageToken: null, rest }
  return { kind: 'more', pass: next, cursor: { ...cursor, pass: next } }
}

/** The pass of a resource that was taken away while it still has rows; null when it has none any more. */
export function closingPass(rest: CloseRest | null): Pass | null {
  return rest === null ? null : { ...fullPass(0, false, 0), rest }
}

/** At every power of two, so that a circle of any length is found within a few rounds with one token kept (Brent). */
function setsLandmark(pages: number): boolean {
  return Number.isInteger(Math.log2(pages))
}

/** Google no longer knows the token: a new generation opens beside the old one, once.
 * @throws DomainError `sync_cursor_rejected` the second time, because asking again would be a loop. */
export function reopen(cursor: SyncCursor, pass: Pass, hasRows: boolean): BegunPass {
  if (!mayReopen(cursor, pass)) throw calendarErrors.sync_cursor_rejected()
  const again = fullPass(pass.generation + 1, hasRows, pass.restarts + 1)
  return { cursor: { ...cursor, syncToken: null, pass: again }, pass: again, opened: 'sync_token_lost' }
}

/** A list that lacks this much is more often a fault than a wish: calendars have been emptied by one bad answer. */
export function isUnbelievable(sweep: { readonly readable: number; readonly absent: number }): boolean {
  return sweep.absent >= 10 && sweep.absent * 2 > sweep.readable
}

/** Looks again before anything is closed. What the second look says is done. */
export function lookAgain(cursor: SyncCursor, pass: Pass): BegunPass {
  const again: Pass = { ...fullPass(pass.generation + 1, true, pass.restarts), secondLook: true }
  return {
    cursor: { ...cursor, syncToken: null, pass: again },
    pass: again,
    opened: 'mass_deletion_suspected',
  }
}
