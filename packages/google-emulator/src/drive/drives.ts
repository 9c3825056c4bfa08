import { type Account, nextRevision, nextSequence, touch, type WorldState } from '../state.ts'
import { type ExpiredAnswer, epochAt } from '../token-epoch.ts'
import type { DriveRecord, DriveRole, FileRecord, FileResource } from './drive-record.ts'

/** An account's My Drive; an empty one is made when it is first asked for. */
export function myDriveOf(state: WorldState, { sub }: Account, now: Date): DriveRecord {
  const existing = state.drives.get(sub)
  if (existing) return existing
  const drive = newDrive(state, { id: sub, shared: false, name: 'My Drive' }, now)
  putMember(state, drive, sub, { role: 'organizer', removed: false }, now)
  return drive
}

/** A new drive without members. */
export function newDrive(
  state: WorldState,
  drive: { readonly id: string; readonly shared: boolean; readonly name: string },
  now: Date,
): DriveRecord {
  const tokens = epochAt(nextRevision(state, 'drives'))
  const contents = { members: new Map(), files: new Map(), writes: [], tokens }
  const record: DriveRecord = { ...drive, createdTime: now.toISOString(), ...contents }
  state.drives.set(record.id, record)
  return record
}

/** Lets somebody into a drive or out of it. */
export function putMember(
  state: WorldState,
  drive: DriveRecord,
  sub: string,
  member: { readonly role: DriveRole; readonly removed: boolean },
  now: Date,
): void {
  drive.members.set(sub, { ...member, revision: nextRevision(state, 'drives'), changedAt: now.toISOString() })
  touch(state, changesResource(sub, null))
}

/** Stores a file as a new revision. The only way a file changes. */
export function putFile(
  state: WorldState,
  drive: DriveRecord,
  write: { readonly resource: FileResource; readonly removed: boolean },
  now: Date,
): FileRecord {
  const revision = nextRevision(state, 'drives')
  const before = drive.files.get(write.resource.id)
  const resource = { ...write.resource, version: String(revision) }
  const sequence = before?.sequence ?? nextSequence(state)
  const record = { sequence, revision, removed: write.removed, changedAt: now.toISOString(), resource }
  drive.files.set(resource.id, record)
  drive.writes.push(record)
  for (const [sub, member] of drive.members) {
    if (member.removed) continue
    touch(state, changesResource(sub, null))
    touch(state, changesResource(sub, drive.id))
  }
  return record
}

/** What a watch of an account's changes, or of those of one shared drive, waits for. */
export const changesResource = (sub: string, driveId: string | null) => `changes ${sub} ${driveId ?? ''}`

/** Makes every page token of a drive's changes stop working. */
export function expireChangeTokens(state: WorldState, drive: DriveRecord, answer: ExpiredAnswer): void {
  state.drives.set(drive.id, { ...drive, tokens: epochAt(nextRevision(state, 'drives'), answer) })
}

const isMember = (drive: DriveRecord, sub: string) => drive.members.get(sub)?.removed === false

/** The shared drives an account is in. */
export const sharedDrivesOf = (state: WorldState, sub: string): DriveRecord[] =>
  [...state.drives.values()].filter((drive) => drive.shared && isMember(drive, sub))
