import type { SyncCounts } from '@evergrant/event-contracts'
import type { UnitOfWork } from '@evergrant/event-store'
import type { EventChange, ResourceFact } from '../domain/resource-facts.ts'
import type { SwitchRest } from '../domain/rest.ts'
import { addCounts } from '../domain/sync.ts'
import { endPass, keepSwitching, type PageStep, type Pass } from '../domain/sync-cursor.ts'
import { withUnchanged } from '../domain/unchanged.ts'
import type { CopyRows, SyncedResource } from './ports.ts'

export interface SwitchedSlice {
  readonly counts: SyncCounts
  readonly changes: readonly EventChange[]
  readonly facts: readonly ResourceFact[]
  readonly step: PageStep
}

/** Switches readers to the next slice of a generation. Each row of it is what Google says now, just as one that a page of a
 * delta brings; the token, which promises that all of it is readable, changes with the last slice. */
export async function switchSlice<Where>(
  unit: UnitOfWork,
  rows: Pick<CopyRows<Where, never>, 'swap'>,
  where: Where,
  at: {
    readonly resource: SyncedResource
    readonly pass: Pass
    readonly rest: SwitchRest
    readonly mostRows: number
  },
): Promise<SwitchedSlice> {
  const { resource, pass, rest, mostRows } = at
  const { resourceId, cursor } = resource
  const { generation } = pass
  const slice = await rows.swap(unit, where, { at: rest.at, mostRows })
  const { changes, counts } = slice
  const soFar = addCounts(rest.counts, counts)
  const [swept, listed] = [rest.swept + slice.swept, rest.listed + slice.listed]
  if (slice.next !== null) {
    const step = keepSwitching(cursor, pass, { ...rest, at: slice.next, counts: soFar, swept, listed })
    const facts = changes.length === 0 ? [] : [{ type: 'SliceStored', data: { resourceId, counts } } as const]
    return { changes, counts, step, facts }
  }
  const total = withUnchanged({ counts: soFar }, listed + swept).counts
  return {
    changes,
    counts: { ...counts, unchanged: total.unchanged },
    step: endPass(cursor, pass, rest.syncToken),
    facts: [{ type: 'GenerationCommitted', data: { resourceId, generation, counts: total, swept } }],
  }
}
