import type { UnitOfWork } from '@evergrant/event-store'
import { ownDrive, resourceStream } from '../domain/resource-facts.ts'
import { addCounts, noCounts } from '../domain/sync.ts'
import type { DriveMemberships, GoogleFilePage, ItemRows, SharedDrives } from './ports.ts'
import { type PageContext, record, type StoredStep, storeCopyPage } from './store-page.ts'

/** Stores one page of files. Somebody's own log also says which shared drives they can see: each is a resource of its own, because
 * only its own log is complete, and one that was left takes its files along. */
export async function storeFilePage(
  unit: UnitOfWork,
  rows: { readonly items: ItemRows; readonly drives: SharedDrives },
  page: GoogleFilePage,
  context: PageContext,
): Promise<StoredStep> {
  const { resource, step, at } = context
  const { resourceId, connectionId, userId } = resource
  const where = { service: 'drive', resourceId, connectionId, userId, at } as const
  const isOwn = resource.googleId === ownDrive
  // Before anything is written to the feed: a drive's own run locks its resource first and the feed second as well.
  const closed = isOwn ? await followMemberships(unit, rows, page.memberships, context) : 0
  const counts = await storeCopyPage(unit, rows.items, { ...where, items: page.items }, context)
  if (!isOwn) return { counts, widenTo: [] }
  const present = step.kind === 'done' ? await rows.drives.present(unit, connectionId) : []
  return {
    counts: addCounts(counts, { ...noCounts, deleted: closed }),
    widenTo: present.map((drive) => drive.resourceId),
  }
}

/** How many files went with the drives that were left. */
async function followMemberships(
  unit: UnitOfWork,
  { items, drives }: { readonly items: ItemRows; readonly drives: SharedDrives },
  { joined, left, complete }: DriveMemberships,
  { resource, at, metadata }: PageContext,
): Promise<number> {
  const { connectionId, userId } = resource
  await drives.join(unit, { connectionId, userId }, joined)
  const unseen = complete
    ? (await drives.present(unit, connectionId)).filter(({ driveId }) => !joined.includes(driveId))
    : []
  const gone = [...left, ...unseen.map(({ driveId }) => driveId)]
  let closed = 0
  for (const resourceId of await drives.leave(unit, connectionId, gone)) {
    const where = { service: 'drive', resourceId, connectionId, userId, at } as const
    const { changes } = await items.closeAll(unit, where)
    closed += changes.length
    const data = { resourceId, connectionId, closed: changes.length }
    await record(unit, resourceStream('drive', resourceId), {
      facts: [{ type: 'SharedDriveLeft', data }],
      publications: [],
      metadata,
    })
  }
  return closed
}
