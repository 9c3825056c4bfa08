import type { TokenEpoch } from '../token-epoch.ts'

/** A Drive v3 file: the fields the emulator acts on, and every other one as it came. */
export interface FileResource {
  readonly id: string
  readonly name: string
  readonly mimeType: string
  readonly trashed: boolean
  readonly parents: readonly string[]
  readonly createdTime: string
  readonly modifiedTime: string
  readonly [field: string]: unknown
}

/** Replaced, never changed, on each write. */
export interface FileRecord {
  readonly sequence: number
  readonly revision: number
  /** Deleted for good: changes tell its id and nothing else. */
  readonly removed: boolean
  readonly changedAt: string
  readonly resource: FileResource
}

export type DriveRole = 'organizer' | 'fileOrganizer' | 'writer' | 'reader'

/** Somebody's access to a shared drive, which is itself a line in their changes. */
export interface Membership {
  readonly role: DriveRole
  readonly removed: boolean
  readonly revision: number
  readonly changedAt: string
}

/** Somebody's My Drive, or a shared drive. */
export interface DriveRecord {
  /** The owner's `sub`, or the shared drive's id. */
  readonly id: string
  readonly shared: boolean
  readonly name: string
  readonly createdTime: string
  /** By `sub`; a My Drive has its owner alone. */
  readonly members: Map<string, Membership>
  readonly files: Map<string, FileRecord>
  /** Every write in order of revision, so that a delta costs what changed and not what there is. */
  readonly writes: FileRecord[]
  readonly tokens: TokenEpoch
}
