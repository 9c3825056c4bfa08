import type { ResourceKind } from './resource-facts.ts'

const dayMs = 86_400_000

/** Whether a resource is to be listed whole although it has a token, because deltas keep some of it to themselves: the
 * calendar list says nothing of calendars whose owner changed them, and calendars of contacts nothing of what is deleted.
 * That is once a day, at a time of day that is the resource's own, so that not all are listed at once. */
export function isWholeDue(
  resource: {
    readonly resourceId: string
    readonly kind: ResourceKind
    readonly googleId: string
    readonly lastSyncedAt: Date | null
  },
  now: Date,
): boolean {
  const { kind, googleId, lastSyncedAt, resourceId } = resource
  const keepsSecrets = kind === 'calendar_list' || (kind === 'calendar' && googleId.includes('#contacts@'))
  if (!keepsSecrets || lastSyncedAt === null) return false
  const timeOfDay = Number.parseInt(resourceId.slice(-8), 16) % dayMs
  const due = Math.floor((now.getTime() - timeOfDay) / dayMs) * dayMs + timeOfDay
  return lastSyncedAt.getTime() < due
}
