import { apiCaller } from '../http/api-caller.ts'
import type { Call } from '../http/call.ts'
import { type GoogleError, googleError } from '../http/google-error.ts'
import { booleanFrom } from '../paging/query.ts'
import type { Account } from '../state.ts'
import type { World } from '../world.ts'
import type { DriveRecord } from './drive-record.ts'
import { myDriveOf, sharedDrivesOf } from './drives.ts'

const prefix = 'https://www.googleapis.com/auth/drive'
const scopes = [
  prefix,
  ...['appdata', 'file', 'metadata', 'metadata.readonly', 'readonly'].map((name) => `${prefix}.${name}`),
]

/** Drive usage limits, "per-method quota usage", as of May 2026; `units` of a call that lists nothing is 5. */
const unitsOf = (name: string) => (/\.List$/.test(name) ? 100 : 5)

/** Who asks; `name` is the method as Google's errors call it. */
export const driveCaller = (world: World, call: Call, name: string): Account =>
  apiCaller(world, call, { scopes, api: 'drive', name: `google.apps.drive.v3.${name}`, units: unitsOf(name) })

export interface DriveChoice {
  /** Named in the query: this shared drive alone. */
  readonly driveId: string | null
  /** Whether the caller says that it understands shared drives. */
  readonly withShared: boolean
  readonly drives: readonly DriveRecord[]
}

/** The drives a list is about: one shared drive, or My Drive, with all shared ones where the caller says that it
 * understands them.
 * @throws GoogleError 403, 404 */
export function chosenDrives(world: World, query: URLSearchParams, account: Account): DriveChoice {
  const driveId = query.get('driveId')
  const withShared =
    (booleanFrom(query, 'includeItemsFromAllDrives') ?? false) &&
    (booleanFrom(query, 'supportsAllDrives') ?? false)
  const shared = sharedDrivesOf(world.state, account.sub)
  if (driveId === null) {
    const mine = myDriveOf(world.state, account, world.clock.now())
    return { driveId, withShared, drives: withShared ? [mine, ...shared] : [mine] }
  }
  if (!withShared) {
    throw googleError(
      403,
      'teamDrivesOptInRequired',
      'The driveId parameter requires includeItemsFromAllDrives and supportsAllDrives to be true.',
      { location: 'driveId' },
    )
  }
  const drive = shared.find(({ id }) => id === driveId)
  if (!drive)
    throw googleError(404, 'notFound', `Shared drive not found: ${driveId}`, { location: 'driveId' })
  return { driveId, withShared, drives: [drive] }
}

/** @throws GoogleError 404, in Drive's words */
export const fileNotFound = (fileId: string): GoogleError =>
  googleError(404, 'notFound', `File not found: ${fileId}.`, { location: 'fileId' })
