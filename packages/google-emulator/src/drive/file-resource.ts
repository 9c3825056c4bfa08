import type { Account } from '../state.ts'
import type { DriveRecord, FileRecord, FileResource } from './drive-record.ts'

/** A file as somebody with access sees it. */
export function fileResource(drive: DriveRecord, { resource }: FileRecord, viewer: Account): object {
  const place = drive.shared
    ? { driveId: drive.id, teamDriveId: drive.id }
    : { owners: [userResource(viewer)], ownedByMe: true }
  return {
    kind: 'drive#file',
    spaces: ['drive'],
    starred: false,
    shared: drive.shared,
    explicitlyTrashed: resource.trashed,
    webViewLink: `https://drive.google.com/file/d/${resource.id}/view`,
    ...place,
    ...resource,
  }
}

/** What Drive sends of a file when the request has no `fields`. */
export function withDefaultFields(file: object): object {
  const { kind, id, name, mimeType, driveId, teamDriveId } = file as FileResource
  const shared = driveId === undefined ? {} : { driveId, teamDriveId }
  return { kind, id, name, mimeType, ...shared }
}

/** A person, as Drive shows one to themselves. */
export const userResource = (account: Account) => ({
  kind: 'drive#user',
  displayName: account.name,
  me: true,
  permissionId: account.sub,
  emailAddress: account.email,
})

export const driveResource = (drive: DriveRecord) => ({
  kind: 'drive#drive',
  id: drive.id,
  name: drive.name,
  createdTime: drive.createdTime,
})
