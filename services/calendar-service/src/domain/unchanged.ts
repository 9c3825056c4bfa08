import type { SyncCounts } from '@evergrant/event-contracts'

/** Of so many that were seen, those that did not change were not written either. */
export function withUnchanged<Stored extends { readonly counts: SyncCounts }>(
  stored: Stored,
  seen: number,
): Stored {
  const { counts } = stored
  const unchanged = Math.max(0, seen - counts.upserted - counts.deleted)
  return { ...stored, counts: { ...counts, unchanged } }
}
