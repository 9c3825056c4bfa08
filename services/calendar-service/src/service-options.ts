import type { WalkParts } from './application/walk-parts.ts'

/** What tests may change about a service; production leaves it alone. */
export interface CalendarServiceOptions {
  readonly crashPoint?: NonNullable<WalkParts['crashPoint']>
  readonly leaseMs?: number
  readonly idleMs?: number
  readonly doubtAfterMs?: number
  readonly quotaWindowSeconds?: number
  readonly pollEveryMs?: number
  readonly renewChannelsBeforeMs?: number
  readonly random?: () => number
}
