import { type Call, ok, param, type Reply } from '../http/call.ts'
import { googleError } from '../http/google-error.ts'
import { type Route, route } from '../http/router.ts'
import { pageOf } from '../paging/paged-list.ts'
import { booleanFrom, pageSizeFrom, queryHashOf } from '../paging/query.ts'
import type { Account } from '../state.ts'
import type { World } from '../world.ts'
import { chosenDrives, driveCaller, fileNotFound } from './access.ts'
import type { FileResource } from './drive-record.ts'
import { myDriveOf, sharedDrivesOf } from './drives.ts'
import { fileResource, withDefaultFields } from './file-resource.ts'
import { fileSearch } from './file-search.ts'

const neverExpires = { epoch: 0, answer: 'full_sync_required' } as const

/** files.list and files.get: metadata only. */
export function fileRoutes(world: World): Route[] {
  return [
    route('GET', '/drive/v3/files', (call) => listFiles(world, call)),
    route('GET', '/drive/v3/files/:fileId', (call) => getFile(world, call)),
  ]
}

/** Trashed files are listed too, unless `q` says otherwise. */
function listFiles(world: World, call: Call): Reply {
  const account = driveCaller(world, call, 'DriveFiles.List')
  const { query } = call
  const names = ['q', 'driveId', 'corpora', 'orderBy', 'includeItemsFromAllDrives', 'supportsAllDrives']
  const { items, nextPageToken } = pageOf(world, {
    scope: `files ${account.sub}`,
    queryHash: queryHashOf(query, names),
    tokens: neverExpires,
    syncToken: null,
    pageToken: query.get('pageToken'),
    pageSize: pageSizeFrom(query, { usual: 100, most: 1000, name: 'pageSize' }),
    syncable: false,
    rowsSince: () => matchingFiles(world, query, account),
  })
  return ok({
    kind: 'drive#fileList',
    incompleteSearch: false,
    ...(nextPageToken !== undefined && { nextPageToken }),
    files: query.has('fields') ? items : items.map(withDefaultFields),
  })
}

function matchingFiles(world: World, query: URLSearchParams, account: Account) {
  const matches = fileSearch(query.get('q') ?? '')
  const ordered = orderOf(query.get('orderBy'))
  return chosenDrives(world, query, account)
    .drives.flatMap((drive) =>
      [...drive.files.values()]
        .filter((record) => !record.removed && matches(record.resource))
        .map((record) => ({ record, item: fileResource(drive, record, account) })),
    )
    .toSorted(
      (a, b) => ordered(a.record.resource, b.record.resource) || a.record.sequence - b.record.sequence,
    )
    .map(({ item }, index) => ({ sequence: index + 1, item }))
}

/** One key of `orderBy`, with ` desc` or without.
 * @throws GoogleError 400 */
function orderOf(orderBy: string | null): (a: FileResource, b: FileResource) => number {
  if (orderBy === null) return () => 0
  const [, key = '', descending] = /^(name|createdTime|modifiedTime)( desc)?$/.exec(orderBy) ?? []
  if (key === '') throw googleError(400, 'invalid', 'Invalid Value', { location: 'orderBy' })
  const sign = descending === undefined ? 1 : -1
  return (a, b) => sign * String(a[key]).localeCompare(String(b[key]))
}

function getFile(world: World, call: Call): Reply {
  const account = driveCaller(world, call, 'DriveFiles.Get')
  const fileId = param(call, 'fileId')
  // A caller that does not say that it understands shared drives is not shown what is in them.
  const shared = booleanFrom(call.query, 'supportsAllDrives') ? sharedDrivesOf(world.state, account.sub) : []
  const drive = [myDriveOf(world.state, account, world.clock.now()), ...shared].find(({ files }) =>
    files.has(fileId),
  )
  const record = drive?.files.get(fileId)
  if (!drive || !record || record.removed) throw fileNotFound(fileId)
  const file = fileResource(drive, record, account)
  return ok(call.query.has('fields') ? file : withDefaultFields(file))
}
