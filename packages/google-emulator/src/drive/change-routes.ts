import { type Call, ok, type Reply } from '../http/call.ts'
import { type Route, route } from '../http/router.ts'
import { firstAfter } from '../paging/in-order.ts'
import { livePage, rowsFrom } from '../paging/live-page.ts'
import { booleanFrom, pageSizeFrom } from '../paging/query.ts'
import type { Account } from '../state.ts'
import type { World } from '../world.ts'
import { chosenDrives, type DriveChoice, driveCaller } from './access.ts'
import { changeToken, readChangeToken } from './change-token.ts'
import type { DriveRecord, FileRecord, Membership } from './drive-record.ts'
import { myDriveOf } from './drives.ts'
import { driveResource, fileResource, withDefaultFields } from './file-resource.ts'

/** changes.getStartPageToken and changes.list. */
export function changeRoutes(world: World): Route[] {
  return [
    route('GET', '/drive/v3/changes/startPageToken', (call) => {
      const { log } = openLog(world, call, 'DriveChanges.GetStartPageToken')
      return ok({ kind: 'drive#startPageToken', startPageToken: changeToken(log, world.state.revision) })
    }),
    route('GET', '/drive/v3/changes', (call) => listChanges(world, call)),
  ]
}

/** Whose changes a request is about: the caller's, or those of one shared drive.
 * @throws GoogleError 401, 403, 404 */
export function openLog(world: World, call: Call, name: string) {
  const account = driveCaller(world, call, name)
  const query = new URLSearchParams(call.query)
  // A start token for a shared drive needs no more than supportsAllDrives.
  if (name.endsWith('Token') && query.has('driveId')) query.set('includeItemsFromAllDrives', 'true')
  const choice = chosenDrives(world, query, account)
  const drive = choice.drives[0] ?? myDriveOf(world.state, account, world.clock.now())
  return { account, choice, log: { account, driveId: choice.driveId, drive } }
}

/** Each file once, at its latest change; `nextPageToken` while there is more, then `newStartPageToken`. */
function listChanges(world: World, call: Call): Reply {
  const { account, choice, log } = openLog(world, call, 'DriveChanges.List')
  const { query } = call
  const after = readChangeToken(log, query.get('pageToken'))
  const pageSize = pageSizeFrom(query, { usual: 100, most: 1000, name: 'pageSize' })
  const includeRemoved = booleanFrom(query, 'includeRemoved') ?? true
  const most = Math.max(pageSize, world.pagePlan[0] ?? 0) + 1
  const rows = [...changesAfter(world, choice, { account, after, most })]
  const { items, hasMore } = livePage(
    world,
    rows.toSorted((a, b) => a.revision - b.revision),
    pageSize,
  )
  const shown = items.filter(({ item }) => includeRemoved || !item.removed).map(({ item }) => item)
  const next = hasMore ? (items.at(-1)?.revision ?? after) : world.state.revision
  return ok({
    kind: 'drive#changeList',
    [hasMore ? 'nextPageToken' : 'newStartPageToken']: changeToken(log, next),
    changes: query.has('fields') ? shown : shown.map(withDefaults),
  })
}

interface ChangeItem {
  readonly kind: 'drive#change'
  readonly changeType: 'file' | 'drive'
  readonly removed: boolean
  readonly time: string
  readonly [field: string]: unknown
}

interface ChangeRow {
  readonly revision: number
  readonly item: ChangeItem
}

/** Of each drive its first changes after a revision: at least `most` in all, if there are as many. */
function* changesAfter(
  world: World,
  { driveId, withShared, drives }: DriveChoice,
  from: { readonly account: Account; readonly after: number; readonly most: number },
): Generator<ChangeRow> {
  for (const drive of drives) {
    const position = firstAfter(drive.writes, ({ revision }) => revision, from.after)
    const isLatest = (record: FileRecord) => drive.files.get(record.resource.id) === record
    let left = from.most
    for (const record of rowsFrom(drive.writes, position, isLatest)) {
      if (left === 0) break
      left -= 1
      yield { revision: record.revision, item: fileChange(drive, record, from.account) }
    }
  }
  if (driveId !== null || !withShared) return
  for (const drive of world.state.drives.values()) {
    const member = drive.shared ? drive.members.get(from.account.sub) : undefined
    if (member && member.revision > from.after)
      yield { revision: member.revision, item: driveChange(drive, member) }
  }
}

function fileChange(drive: DriveRecord, record: FileRecord, viewer: Account): ChangeItem {
  const { removed, changedAt: time, resource } = record
  const file = removed ? {} : { file: fileResource(drive, record, viewer) }
  return { kind: 'drive#change', changeType: 'file', removed, time, fileId: resource.id, ...file }
}

function driveChange(drive: DriveRecord, { removed, changedAt: time }: Membership): ChangeItem {
  const shown = removed ? {} : { drive: driveResource(drive) }
  return { kind: 'drive#change', changeType: 'drive', removed, time, driveId: drive.id, ...shown }
}

const withDefaults = (change: ChangeItem) =>
  typeof change.file === 'object' && change.file !== null
    ? { ...change, file: withDefaultFields(change.file) }
    : change
