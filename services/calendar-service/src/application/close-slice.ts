import type { Publication } from '@evergrant/event-contracts'
import type { FactMetadata, UnitOfWork } from '@evergrant/event-store'
import { type EventChange, type ResourceFact, resourceStream } from '../domain/resource-facts.ts'
import { type CloseRest, nothingClosed } from '../domain/rest.ts'
import { noCounts } from '../domain/sync.ts'
import { closingPass } from '../domain/sync-cursor.ts'
import type { CopyRows, Resources } from './ports.ts'
import { record } from './record.ts'

export interface ClosedSlice {
  readonly closed: number
  /** What there is left to close. */
  readonly rest: CloseRest | null
}

/** Closes the next slice of a calendar or drive that was taken away. Readers no longer find a calendar by then; of a drive
 * they see its files go. */
export async function closeSlice<Where>(
  unit: UnitOfWork,
  rows: Pick<CopyRows<Where, never>, 'closeAll'>,
  where: Where & { readonly connectionId: string },
  at: {
    readonly kind: 'calendar' | 'drive'
    readonly resourceId: string
    readonly rest: CloseRest
    readonly mostRows: number
    readonly metadata: FactMetadata
    readonly publish: (changes: readonly EventChange[]) => readonly Publication[]
  },
): Promise<ClosedSlice> {
  const { kind, resourceId, rest, mostRows, metadata, publish } = at
  const { connectionId } = where
  const { changes, next } = await rows.closeAll(unit, where, { at: rest.at, mostRows })
  const closed = rest.closed + changes.length
  const counts = { ...noCounts, deleted: changes.length }
  const type = kind === 'calendar' ? 'CalendarRemoved' : 'SharedDriveLeft'
  const fact: ResourceFact =
    next === null
      ? { type, data: { resourceId, connectionId, closed } }
      : { type: 'SliceStored', data: { resourceId, counts } }
  await record(unit, resourceStream(kind, resourceId), {
    facts: next !== null && changes.length === 0 ? [] : [fact],
    publications: publish(changes),
    metadata,
  })
  return { closed: changes.length, rest: next === null ? null : { kind: 'close', at: next, closed } }
}

/** Begins to close what was taken away, with as much as one transaction should hold; the rest is left to a run of each.
 * Returns how much is closed now. */
export async function closeGone(
  unit: UnitOfWork,
  resourceIds: readonly string[],
  { resources, mostRows }: { readonly resources: Pick<Resources, 'savePass'>; readonly mostRows: number },
  close: (resourceId: string, slice: { rest: CloseRest; mostRows: number }) => Promise<ClosedSlice>,
): Promise<number> {
  let total = 0
  for (const resourceId of resourceIds) {
    const room = mostRows - total
    const { closed, rest } =
      room > 0
        ? await close(resourceId, { rest: nothingClosed, mostRows: room })
        : { closed: 0, rest: nothingClosed }
    total += closed
    if (rest !== null) await resources.savePass(unit, resourceId, closingPass(rest))
  }
  return total
}
