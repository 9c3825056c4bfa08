import type { Clock, Ids } from '@evergrant/decider'
import type { Actor, EventStore, FactMetadata } from '@evergrant/event-store'
import type { Pass, SyncCursor } from '../domain/sync-cursor.ts'
import type { Allowances } from './allowances.ts'
import type { AccessTokens, Resources, RunQueue } from './ports.ts'
import type { FetchedPage, Sources } from './sources.ts'

export interface WalkParts {
  readonly store: EventStore
  readonly tokens: AccessTokens
  readonly sources: Sources
  readonly allowances: Allowances
  readonly resources: Resources
  readonly queue: RunQueue
  readonly clock: Clock
  readonly ids: Ids
  /** In [0, 1), for jitter. */
  readonly random: () => number
  readonly leaseMs: number
  /** About how many rows one transaction changes beside those of a page. */
  readonly sliceRows: number
  readonly onDefect: (error: unknown) => void
  /** A hook for failure tests: called between the steps of a page. */
  readonly crashPoint?: (name: string) => void | Promise<void>
}

/** Where a walk stands between two pages. */
export interface Position {
  /** Facts about the copy go back to the first request that waits for the run. */
  readonly metadata: FactMetadata
  readonly cursor: SyncCursor
  readonly pass: Pass
  /** The page that comes next, when it was asked for while the one before was stored. */
  readonly ahead: Promise<FetchedPage> | null
}

/** Whatever a walk finds out, Google said. */
export const actor: Actor = { kind: 'google' }
