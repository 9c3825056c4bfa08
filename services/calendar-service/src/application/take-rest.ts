import type { Publication, SyncCounts } from '@evergrant/event-contracts'
import type { FactMetadata, UnitOfWork } from '@evergrant/event-store'
import { type EventChange, resourceStream } from '../domain/resource-facts.ts'
import type { Rest } from '../domain/rest.ts'
import { noCounts } from '../domain/sync.ts'
import { closingPass, type Pass, type SyncCursor } from '../domain/sync-cursor.ts'
import { closeSlice } from './close-slice.ts'
import type { CopyRows, SyncedResource } from './ports.ts'
import { record } from './record.ts'
import { switchSlice } from './switch-slice.ts'

export interface RestContext {
  readonly resource: SyncedResource
  /** The pass under way. */
  readonly pass: Pass
  /** What is left of it. */
  readonly rest: Rest
  readonly at: Date
  readonly metadata: FactMetadata
  readonly sliceRows: number
}

export interface TakenRest {
  readonly counts: SyncCounts
  /** Where the resource is now; without a pass when nothing is left. */
  readonly cursor: SyncCursor
  /** Resources to walk next; only a list that is complete names any. */
  readonly widenTo: readonly string[]
}

/** Takes the next slice of what is left of a pass, in the caller's transaction. */
export async function takeRest<Where extends { readonly connectionId: string }>(
  unit: UnitOfWork,
  rows: Pick<CopyRows<Where, never>, 'swap' | 'closeAll'>,
  where: Where,
  context: RestContext,
  publish: (changes: readonly EventChange[]) => readonly Publication[] = () => [],
): Promise<TakenRest> {
  const { resource, pass, rest, metadata, sliceRows: mostRows } = context
  const { resourceId, kind, cursor } = resource
  if (rest.kind === 'switch') {
    const { changes, counts, facts, step } = await switchSlice(unit, rows, where, {
      ...{ resource, pass, rest, mostRows },
    })
    const publications = publish(changes)
    await record(unit, resourceStream(kind, resourceId), { facts, publications, metadata })
    return { counts, cursor: step.cursor, widenTo: [] }
  }
  const closing = { kind: kind === 'calendar' ? kind : 'drive', resourceId, rest, mostRows } as const
  const closed = await closeSlice(unit, rows, where, { ...closing, metadata, publish })
  return {
    counts: { ...noCounts, deleted: closed.closed },
    cursor: { ...cursor, pass: closingPass(closed.rest) },
    widenTo: [],
  }
}
