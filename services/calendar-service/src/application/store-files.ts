import type { UnitOfWork } from '@evergrant/event-store'
import { ownDrive } from '../domain/resource-facts.ts'
import { addCounts, noCounts } from '../domain/sync.ts'
import { closeGone, closeSlice } from './close-slice.ts'
import type { DriveMemberships, GoogleFilePage, ItemRows, Resources, SharedDrives } from './ports.ts'
import { type PageContext, type StoredStep, storeCopyPage } from './store-page.ts'

export interface FileRows {
  readonly items: ItemRows
  readonly drives: SharedDrives
  readonly resources: Pick<Resources, 'savePass'>
}

/** Stores one page of files. Somebody's own log also says which shared drives they can see: each is a resource of its own, because
 * only its own log is complete, and one that was left takes its files along. */
export async function storeFilePage(
  unit: UnitOfWork,
  rows: FileRows,
  page: GoogleFilePage,
  context: PageContext,
): Promise<StoredStep> {
  const { resource, at } = context
  const { resourceId, connectionId, userId } = resource
  const where = { service: 'drive', resourceId, connectionId, userId, at } as const
  const isOwn = resource.googleId === ownDrive
  // Before anything is written to the feed: a drive's own run locks its resource first and the feed second as well.
  const closed = isOwn ? await followMemberships(unit, rows, page.memberships, context) : 0
  const { counts, step } = await storeCopyPage(unit, rows.items, { ...where, items: page.items }, context)
  const widenTo = isOwn && step.kind === 'done' ? await rows.drives.toWalk(unit, connectionId) : []
  return { counts: addCounts(counts, { ...noCounts, deleted: closed }), step, widenTo }
}

/** How many files went with the drives that were left, so far. */
async function followMemberships(
  unit: UnitOfWork,
  { items, drives, resources }: FileRows,
  { joined, left, complete }: DriveMemberships,
  { resource, at, metadata, sliceRows: mostRows }: PageContext,
): Promise<number> {
  const { connectionId, userId } = resource
  await drives.join(unit, { connectionId, userId }, joined)
  const unseen = complete
    ? (await drives.present(unit, connectionId)).filter(({ driveId }) => !joined.includes(driveId))
    : []
  const gone = [...left, ...unseen.map(({ driveId }) => driveId)]
  const leftIds = await drives.leave(unit, connectionId, gone)
  return closeGone(unit, leftIds, { resources, mostRows }, (resourceId, slice) => {
    const where = { service: 'drive', resourceId, connectionId, userId, at } as const
    const drive = { kind: 'drive', resourceId, metadata, publish: () => [] } as const
    return closeSlice(unit, items, where, { ...drive, ...slice })
  })
}
