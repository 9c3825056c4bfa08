import type { Clock } from '@evergrant/decider'
import type { Database } from './database.ts'
import type { SourceStream } from './inbox.ts'

/** Publications a consumer knows to be missing: ask their publisher for `from`..`to`, both inclusive. */
export interface Gap extends SourceStream {
  readonly from: number
  readonly to: number
}

/** The newest publication of every stream that changed lately. What a consumer does not know of by then was lost. */
export interface Digest {
  readonly source: string
  readonly streams: readonly (readonly [streamId: string, version: number])[]
}

interface ConsumerSide {
  readonly database: Database
  /** The consuming service. */
  readonly consumer: string
  readonly clock: Clock
}

/** Gaps with something held behind them for longer than `olderThanMs`. */
export declare function gapsToRepair(
  where: ConsumerSide & { readonly olderThanMs: number; readonly limit?: number },
): Promise<readonly Gap[]>

/** What this service published since then, at most `limit` streams, newest changes first; only publications that
 * have gone out already, so that an outage of the bus is no alarm. */
export declare function digestOf(where: {
  readonly database: Database
  readonly source: string
  readonly since: Date
  readonly limit?: number
}): Promise<Digest>

/** What a digest knows and this consumer has neither applied nor held. */
export declare function compareDigest(
  where: ConsumerSide & { readonly digest: Digest },
): Promise<readonly Gap[]>

/** Marks publications to go out again, the same bytes under a new message id (`~r<n>`); wake the relay afterwards.
 * `firstAvailable` is the first version from `from` on that still exists; null when none does. Rows repaired within
 * `notAgainWithinMs` (default 5 000) are left alone, so that many askers cause one repair. */
export declare function republish(where: {
  readonly database: Database
  readonly clock: Clock
  readonly streamId: string
  readonly from: number
  readonly to: number
  readonly notAgainWithinMs?: number
}): Promise<{ readonly firstAvailable: number | null; readonly republished: number }>
