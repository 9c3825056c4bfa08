import type { TokenEpoch } from '../token-epoch.ts'
import type { World } from '../world.ts'
import { encodeCursor, readPageToken, readSyncToken } from './cursor.ts'
import { firstAfter } from './in-order.ts'
import type { Row } from './page-snapshots.ts'

export interface ListRequest {
  /** Account and resource; cursors of another one are refused. */
  readonly scope: string
  readonly queryHash: string
  readonly tokens: TokenEpoch
  readonly syncToken: string | null
  readonly pageToken: string | null
  readonly pageSize: number
  /** Some queries (ordered, searched) never get a sync token. */
  readonly syncable: boolean
  /** All rows, or those changed after a revision, in page order. */
  rowsSince(revision: number | null): readonly Row[]
}

export interface Page {
  readonly items: readonly object[]
  readonly nextPageToken?: string
  readonly nextSyncToken?: string
}

/** One page of a list: `nextPageToken` while there is more, `nextSyncToken` on the last page only. */
export function pageOf(world: World, request: ListRequest): Page {
  // The sync token comes with every page of a delta, so that one expired half way is noticed half way.
  const since = request.syncToken === null ? null : readSyncToken(request.syncToken, request).revision
  const cursor = request.pageToken === null ? null : readPageToken(request.pageToken, request)
  const revision = cursor?.revision ?? world.state.revision
  const rows = (cursor && world.snapshots.find(cursor.snapshotId)) ?? request.rowsSince(since)
  const rest =
    cursor === null ? rows : rows.slice(firstAfter(rows, (row) => row.sequence, cursor.afterSequence))
  const page = rest.slice(0, world.pagePlan.shift() ?? request.pageSize)
  const items = page.map((row) => row.item)
  if (page.length === rest.length) {
    return request.syncable ? { items, nextSyncToken: syncToken(request, revision) } : { items }
  }
  const afterSequence = page.at(-1)?.sequence ?? cursor?.afterSequence ?? 0
  const snapshotId = cursor?.snapshotId ?? world.snapshots.keep(rows)
  const { scope, queryHash } = request
  return {
    items,
    nextPageToken: encodeCursor({ kind: 'page', scope, queryHash, snapshotId, afterSequence, revision }),
  }
}

function syncToken(request: ListRequest, revision: number): string {
  const { scope, queryHash, tokens } = request
  return encodeCursor({ kind: 'sync', scope, queryHash, epoch: tokens.epoch, revision })
}
