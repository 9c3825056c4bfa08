import { createHash } from 'node:crypto'
import { drive as driveApi } from 'googleapis/build/src/apis/drive/index.js'
import { z } from 'zod'
import type {
  DriveMemberships,
  GoogleDrive,
  GoogleFilePage,
  OnBehalf,
  PageRequest,
} from '../../application/ports.ts'
import { callCosts } from '../../domain/call-costs.ts'
import { classifyFailure, type GoogleAnswer, type GoogleFailure } from '../../domain/google-failure.ts'
import { deletedItem, type GoogleItem } from '../../domain/google-item.ts'
import { itemColumns } from '../../domain/item-columns.ts'
import { SyncObstacle } from '../../domain/sync-obstacle.ts'
import { createGoogleCaller, type GoogleApiOptions, hashOf, http } from './google-call.ts'
import { type PagePosition, pageTokenOf, positionOf } from './page-position.ts'

const fileFields =
  `id,name,mimeType,description,starred,trashed,explicitlyTrashed,trashedTime,parents,spaces,version,
  webViewLink,iconLink,createdTime,modifiedTime,sharedWithMeTime,owners(displayName,emailAddress,permissionId,me),
  lastModifyingUser(displayName,emailAddress,permissionId,me),driveId,shared,ownedByMe,originalFilename,fileExtension,
  md5Checksum,size,headRevisionId,shortcutDetails`.replaceAll(/\s+/g, '')

// Trashed files are listed: leaving the trash must not look like a new file.
const listQuery = { pageSize: 1000, spaces: 'drive', fields: `nextPageToken,files(${fileFields})` }
const changeQuery = {
  pageSize: 1000,
  spaces: 'drive',
  includeRemoved: true,
  // Also for somebody's own log, because only so does it say which shared drives come and go.
  includeItemsFromAllDrives: true,
  supportsAllDrives: true,
  fields: `nextPageToken,newStartPageToken,changes(changeType,removed,fileId,driveId,time,file(${fileFields}))`,
}

const placesQuery = {
  pageSize: 1000,
  corpora: 'allDrives',
  includeItemsFromAllDrives: true,
  supportsAllDrives: true,
  fields: 'nextPageToken,files(driveId)',
}

const fileSchema = z.looseObject({ id: z.string().min(1) })
const token = z.string().nullish()
const listSchema = z.object({ files: z.array(fileSchema).default([]), nextPageToken: token })
const changesSchema = z.object({
  changes: z
    .array(
      z.object({
        changeType: z.string().nullish(),
        removed: z.boolean().nullish(),
        fileId: token,
        driveId: token,
        file: fileSchema.nullish(),
      }),
    )
    .default([]),
  nextPageToken: token,
  newStartPageToken: token,
})
const startSchema = z.object({ startPageToken: z.string().min(1) })
const placesSchema = z.object({
  files: z.array(z.object({ driveId: token })).default([]),
  nextPageToken: token,
})
const drivesSchema = z.object({ drives: z.array(fileSchema).default([]), nextPageToken: token })

const units = callCosts.drive.list
const noMemberships: DriveMemberships = { joined: [], left: [], complete: false }

type FileRequest = PageRequest & { readonly driveId: string | null }

/** Google Drive v3 through googleapis, metadata only. */
export function createGoogleDrive(options: GoogleApiOptions): GoogleDrive {
  const google = createGoogleCaller(options)
  const api = driveApi({ version: 'v3', rootUrl: google.rootUrl })

  const startOf = async ({ accessToken, allowance, driveId }: FileRequest): Promise<PagePosition> => {
    const query = { supportsAllDrives: true, ...(driveId === null ? {} : { driveId }) }
    const { startPageToken } = await google.read(
      startSchema,
      { allowance, units: callCosts.drive.other },
      (signal) => api.changes.getStartPageToken(query, http(accessToken, signal)),
    )
    return { start: startPageToken, pageToken: null }
  }
  const drivesOf = async ({ accessToken, allowance }: OnBehalf): Promise<DriveMemberships> => {
    const joined: string[] = []
    let pageToken: string | null = null
    do {
      const query: { pageSize: number; pageToken?: string } = { pageSize: 100 }
      if (pageToken !== null) query.pageToken = pageToken
      const page: z.output<typeof drivesSchema> = await google.read(
        drivesSchema,
        { allowance, units },
        (signal) => api.drives.list(query, http(accessToken, signal)),
      )
      joined.push(...page.drives.map(({ id }) => id))
      pageToken = page.nextPageToken || null
    } while (pageToken !== null)
    return { joined, left: [], complete: true }
  }
  /** The right to read metadata lists every file of every drive, but not the drives. An empty drive has nothing to miss. */
  const drivesByFiles = async ({ accessToken, allowance }: OnBehalf): Promise<DriveMemberships> => {
    const joined = new Set<string>()
    let pageToken: string | null = null
    do {
      const query = { ...placesQuery, ...(pageToken === null ? {} : { pageToken }) }
      const page: z.output<typeof placesSchema> = await google.read(
        placesSchema,
        { allowance, units },
        (signal) => api.files.list(query, http(accessToken, signal)),
      )
      for (const { driveId } of page.files) if (driveId) joined.add(driveId)
      pageToken = page.nextPageToken || null
    } while (pageToken !== null)
    // Not complete: Google may leave drives out of so wide a search.
    return { joined: [...joined], left: [], complete: false }
  }
  const membershipsOf = async (onBehalf: OnBehalf): Promise<DriveMemberships> => {
    try {
      return await drivesOf(onBehalf)
    } catch (error) {
      if (!(error instanceof SyncObstacle) || error.word !== 'missing_scopes') throw error
      return drivesByFiles(onBehalf)
    }
  }
  const listFiles = async (request: FileRequest): Promise<GoogleFilePage> => {
    const { accessToken, allowance, driveId, pageToken } = request
    const { start, pageToken: at } = pageToken === null ? await startOf(request) : positionOf(pageToken)
    const memberships = pageToken === null && driveId === null ? await membershipsOf(request) : noMemberships
    const query = { ...listQuery, ...placeOf(driveId), ...(at === null ? {} : { pageToken: at }) }
    const page = await google.read(listSchema, { allowance, units }, (signal) =>
      api.files.list(query, http(accessToken, signal)),
    )
    return {
      items: page.files.filter((file) => belongs(file, driveId)).map(itemOf),
      memberships,
      ...(page.nextPageToken
        ? { nextPageToken: pageTokenOf(start, page.nextPageToken), nextSyncToken: null }
        : { nextPageToken: null, nextSyncToken: start }),
    }
  }
  const listChanges = async (request: FileRequest & { syncToken: string }): Promise<GoogleFilePage> => {
    const { accessToken, allowance, driveId, syncToken, pageToken } = request
    const query = {
      ...changeQuery,
      ...(driveId === null ? {} : { driveId }),
      pageToken: pageToken ?? syncToken,
    }
    const page = await google.read(
      changesSchema,
      { allowance, units },
      (signal) => api.changes.list(query, http(accessToken, signal)),
      classifyChanges,
    )
    const ofDrives = page.changes.filter(({ changeType }) => changeType === 'drive')
    const ids = (removed: boolean) =>
      ofDrives
        .filter((change) => (change.removed === true) === removed)
        .flatMap((change) => change.driveId || [])
    return {
      items: page.changes.flatMap(({ changeType, removed, fileId, file }) => {
        if (changeType === 'drive') return []
        if (removed === true || !file) return removed === true && fileId ? [deletedItem(fileId)] : []
        return belongs(file, driveId) ? [itemOf(file)] : []
      }),
      memberships: { joined: ids(false), left: ids(true), complete: false },
      nextPageToken: page.nextPageToken || null,
      nextSyncToken: page.newStartPageToken || null,
    }
  }
  return {
    queryHash: hashOf([listQuery, changeQuery]),
    listFiles: ({ syncToken, ...request }) =>
      syncToken === null ? listFiles({ ...request, syncToken }) : listChanges({ ...request, syncToken }),
  }
}

function placeOf(driveId: string | null) {
  return driveId === null
    ? { corpora: 'user' }
    : { corpora: 'drive', driveId, includeItemsFromAllDrives: true, supportsAllDrives: true }
}

/** A shared drive's files are kept by its own log; in somebody's log they are only the ones they happened to open. */
function belongs(file: Readonly<Record<string, unknown>>, driveId: string | null): boolean {
  return (file.driveId ?? null) === driveId
}

function itemOf(file: Readonly<Record<string, unknown>> & { readonly id: string }): GoogleItem {
  const { id, version } = file
  return {
    id,
    revision: typeof version === 'string' ? version : fingerprint(file),
    deleted: false,
    ...itemColumns.drive(file),
    raw: file,
  }
}

function fingerprint(file: object): string {
  return createHash('sha256').update(JSON.stringify(file)).digest('base64url')
}

/** Change tokens are said not to expire; they have, with 410 and with 400 "Invalid Value". */
function classifyChanges(answer: GoogleAnswer): GoogleFailure {
  const lost = answer.status === 400 && answer.reason === 'invalid'
  return lost ? { word: 'sync_token_lost', passing: false, retryAfterSeconds: null } : classifyFailure(answer)
}
