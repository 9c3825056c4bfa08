import type { SyncCounts } from '@evergrant/event-contracts'

/** Up to where the rows of a resource are done: which of the things that are done with them, and after which id. */
export interface SlicePosition {
  readonly phase: number
  readonly after: string | null
}

export const firstSlice: SlicePosition = { phase: 0, after: null }

/** Readers are being switched to a generation whose pages are all here; the token it ends with waits for the last slice. */
export interface SwitchRest {
  readonly kind: 'switch'
  readonly syncToken: string
  readonly at: SlicePosition
  /** What the slices before have come to. */
  readonly counts: SyncCounts
  readonly swept: number
  /** Rows of the generation that are put away, which comes after all else. */
  readonly listed: number
}

/** Everything in a resource that was taken away is being closed. */
export interface CloseRest {
  readonly kind: 'close'
  readonly at: SlicePosition
  readonly closed: number
}

/** What is left of a pass that needs no more pages: slices of the copy, each in a transaction of its own. */
export type Rest = SwitchRest | CloseRest

export const nothingClosed: CloseRest = { kind: 'close', at: firstSlice, closed: 0 }
