import { randomUUID } from 'node:crypto'
import { digest } from '../fingerprint.ts'
import { type GoogleError, googleError } from '../http/google-error.ts'
import type { TokenEpoch } from '../token-epoch.ts'

/** What a sync token remembers: for whom, of what, asked how, up to which revision. */
export interface SyncCursor {
  readonly kind: 'sync'
  /** Account and resource. */
  readonly scope: string
  readonly queryHash: string
  readonly epoch: number
  readonly revision: number
}

/** What a page token remembers: enough to go on even after the emulator was restarted. */
export interface PageCursor {
  readonly kind: 'page'
  readonly scope: string
  readonly queryHash: string
  readonly snapshotId: string
  readonly afterSequence: number
  readonly revision: number
}

/** Opaque, and checksummed so that any other string is refused; not a secret, so not signed. Never the same twice, as
 * at Google: a client that compares tokens to see whether something changed is wrong. */
export function encodeCursor(cursor: SyncCursor | PageCursor): string {
  const body = Buffer.from(JSON.stringify({ ...cursor, issue: randomUUID().slice(0, 8) })).toString(
    'base64url',
  )
  return `${digest(body).slice(0, 8)}${body}`
}

/** Undefined for a text that is no cursor of ours. */
export function decodeCursor(text: string): SyncCursor | PageCursor | undefined {
  const body = text.slice(8)
  if (digest(body).slice(0, 8) !== text.slice(0, 8)) return undefined
  return JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as SyncCursor | PageCursor
}

const invalidSyncToken = (): GoogleError =>
  googleError(400, 'invalid', 'Invalid sync token value.', { location: 'syncToken' })

/** A sync token good for this list.
 * @throws GoogleError 400 for another list's, another query's or no token; 410 once it was expired */
export function readSyncToken(
  text: string,
  list: { readonly scope: string; readonly queryHash: string; readonly tokens: TokenEpoch },
): SyncCursor {
  const cursor = decodeCursor(text)
  if (cursor?.kind !== 'sync' || cursor.scope !== list.scope || cursor.queryHash !== list.queryHash) {
    throw invalidSyncToken()
  }
  if (cursor.epoch !== list.tokens.epoch) {
    if (list.tokens.answer === 'invalid_sync_token') throw invalidSyncToken()
    throw googleError(410, 'fullSyncRequired', 'Sync token is no longer valid, a full sync is required.', {
      domain: 'calendar',
      location: 'syncToken',
    })
  }
  return cursor
}

/** @throws GoogleError 400 when the token belongs to another list or query */
export function readPageToken(
  text: string,
  list: { readonly scope: string; readonly queryHash: string },
): PageCursor {
  const cursor = decodeCursor(text)
  if (cursor?.kind !== 'page' || cursor.scope !== list.scope || cursor.queryHash !== list.queryHash) {
    throw googleError(400, 'invalid', 'Invalid page token value.', { location: 'pageToken' })
  }
  return cursor
}
