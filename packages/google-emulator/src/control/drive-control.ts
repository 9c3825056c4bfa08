import type { DriveRecord, DriveRole, FileResource } from '../drive/drive-record.ts'
import { expireChangeTokens, myDriveOf, newDrive, putFile, putMember } from '../drive/drives.ts'
import { findAccount } from '../oauth/accounts.ts'
import { nextSequence } from '../state.ts'
import type { ExpiredAnswer } from '../token-epoch.ts'
import type { World } from '../world.ts'
import { accountOf } from './known.ts'
import { randomFrom } from './random.ts'

/** `where` is an address (that account's My Drive) or the id of a shared drive. */
export interface DriveControl {
  addSharedDrive(drive: { id?: string; name: string; members: readonly string[] }): { id: string }
  /** Lets somebody into a shared drive, or with `none` out of it. */
  shareDrive(driveId: string, withWhom: { email: string; role: DriveRole | 'none' }): void
  /** Creates a file, or changes the one with this id (`trashed: true` trashes it). Drive v3 fields. */
  putFile(where: string, file: Readonly<Record<string, unknown>>): FileResource
  /** Deletes a file for good. */
  removeFile(where: string, fileId: string): void
  /** Adds generated files, a folder among ten; the same seed always makes the same ones. */
  seedFiles(where: string, plan: { count: number; seed: number }): { added: number }
  /** Later use of older change tokens answers 410, or with `invalid_sync_token` 400. */
  expireChangeTokens(where: string, what?: { answer?: ExpiredAnswer }): void
}

/** Drives, changed without asking anybody. */
export function driveControl(world: World): DriveControl {
  const { state, clock } = world
  return {
    addSharedDrive({ id = `0A${nextSequence(state)}SharedDrive`, name, members }) {
      const accounts = members.map((email) => accountOf(world, email))
      const drive = state.drives.get(id) ?? newDrive(state, { id, shared: true, name }, clock.now())
      const member = { role: 'organizer', removed: false } as const
      for (const { sub } of accounts) putMember(state, drive, sub, member, clock.now())
      return { id }
    },
    shareDrive(driveId, { email, role }) {
      const { sub } = accountOf(world, email)
      const drive = driveOf(world, driveId)
      const before = drive.members.get(sub)?.role ?? 'reader'
      const member = role === 'none' ? { role: before, removed: true } : { role, removed: false }
      putMember(state, drive, sub, member, clock.now())
    },
    putFile: (where, file) => putControlled(world, driveOf(world, where), file),
    removeFile(where, fileId) {
      const drive = driveOf(world, where)
      const before = drive.files.get(fileId)
      if (!before) throw new Error(`no file ${fileId} in ${where}`)
      putFile(state, drive, { resource: before.resource, removed: true }, clock.now())
    },
    seedFiles(where, { count, seed }) {
      const drive = driveOf(world, where)
      const random = randomFrom(seed)
      for (let index = 0; index < count; index += 1) {
        const kind = kinds[random() < 0.1 ? 0 : 1 + Math.floor(random() * (kinds.length - 1))] ?? kinds[0]
        const id = `1seed${seed.toString(32)}f${index.toString(32).padStart(8, '0')}`
        putControlled(world, drive, { id, name: `${kind.name} ${index}`, mimeType: kind.mimeType })
      }
      return { added: count }
    },
    expireChangeTokens: (where, { answer = 'full_sync_required' } = {}) =>
      expireChangeTokens(state, driveOf(world, where), answer),
  }
}

const google = 'application/vnd.google-apps.'
const kinds = [
  { name: 'Folder', mimeType: `${google}folder` },
  { name: 'Notes', mimeType: `${google}document` },
  { name: 'Budget', mimeType: `${google}spreadsheet` },
  { name: 'Photo', mimeType: 'image/jpeg' },
  { name: 'Contract', mimeType: 'application/pdf' },
] as const

function driveOf(world: World, where: string): DriveRecord {
  const account = findAccount(world.state, where)
  if (account) return myDriveOf(world.state, account, world.clock.now())
  const drive = world.state.drives.get(where)
  if (!drive) throw new Error(`no account and no shared drive ${where}`)
  return drive
}

function putControlled(
  world: World,
  drive: DriveRecord,
  file: Readonly<Record<string, unknown>>,
): FileResource {
  const now = world.clock.now().toISOString()
  const id =
    typeof file.id === 'string' ? file.id : `1made${String(world.state.sequence + 1).padStart(20, '0')}`
  const before = drive.files.get(id)?.resource ?? {
    name: 'Untitled',
    mimeType: `${google}document`,
    trashed: false,
    parents: ['root'],
    createdTime: now,
    modifiedTime: now,
  }
  const resource = { ...before, modifiedTime: now, ...file, id }
  return putFile(world.state, drive, { resource, removed: false }, world.clock.now()).resource
}
