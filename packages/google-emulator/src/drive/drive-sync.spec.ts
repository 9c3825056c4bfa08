import { type drive_v3, drive as driveApi } from 'googleapis/build/src/apis/drive/index.js'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type GoogleEmulator, startGoogleEmulator } from '../emulator.ts'

const alice = 'alice@example.com'
const bob = 'bob@example.com'
const scope = 'https://www.googleapis.com/auth/drive.metadata.readonly'
const withShared = { includeItemsFromAllDrives: true, supportsAllDrives: true }

let google: GoogleEmulator
let api: drive_v3.Drive

function apiFor(email: string): drive_v3.Drive {
  const { accessToken } = google.issueTokens({ email, scopes: [scope] })
  const headers = { authorization: `Bearer ${accessToken}` }
  return driveApi({ version: 'v3', rootUrl: `${google.url}/`, headers, retry: false })
}

beforeEach(async () => {
  google = await startGoogleEmulator({ seed: 'empty' })
  google.addAccount({ email: alice })
  google.addAccount({ email: bob })
  api = apiFor(alice)
})

afterEach(() => google.close())

const startToken = async (more: drive_v3.Params$Resource$Changes$Getstartpagetoken = {}) =>
  (await api.changes.getStartPageToken(more)).data.startPageToken ?? ''

/** Follows the pages to the new start token. */
async function changesSince(token: string, more: drive_v3.Params$Resource$Changes$List = {}) {
  const changes: drive_v3.Schema$Change[] = []
  const sizes: number[] = []
  let pageToken: string | undefined = token
  let next = ''
  while (pageToken !== undefined) {
    const { data }: { data: drive_v3.Schema$ChangeList } = await api.changes.list({
      fields: '*',
      ...more,
      pageToken,
    })
    changes.push(...(data.changes ?? []))
    sizes.push(data.changes?.length ?? 0)
    next = data.newStartPageToken ?? ''
    pageToken = data.nextPageToken ?? undefined
  }
  return { changes, sizes, next }
}

const refusal = (status: number, reason: string) => ({
  status,
  response: { data: { error: { code: status, errors: [expect.objectContaining({ reason })] } } },
})

describe('files', () => {
  it('come in pages that stay as they were, trashed ones included', async () => {
    google.seedFiles(alice, { count: 5, seed: 1 })
    google.putFile(alice, { id: 'bin', name: 'Old', trashed: true })
    const first = await api.files.list({ pageSize: 4 })
    google.putFile(alice, { id: 'late' })
    const rest = await api.files.list({ pageSize: 4, pageToken: first.data.nextPageToken ?? '' })
    const ids = [...(first.data.files ?? []), ...(rest.data.files ?? [])].map(({ id }) => id)
    expect([ids.length, ids.at(-1), rest.data.nextPageToken]).toEqual([6, 'bin', undefined])
    const untrashed = await api.files.list({ q: 'trashed = false' })
    expect(untrashed.data.files?.some(({ id }) => id === 'bin')).toBe(false)
  })

  it('show four fields unless more are asked for, and keep what nobody knows', async () => {
    google.putFile(alice, { id: 'a', name: 'Plan', futureField: { deep: 1 } })
    const usual = await api.files.get({ fileId: 'a' })
    expect(Object.keys(usual.data).toSorted()).toEqual(['id', 'kind', 'mimeType', 'name'])
    const all = await api.files.get({ fileId: 'a', fields: '*' })
    expect(all.data).toMatchObject({ id: 'a', futureField: { deep: 1 }, ownedByMe: true, trashed: false })
  })

  it('are found by name, type, parent and time, in the order asked for', async () => {
    google.putFile(alice, {
      id: 'a',
      name: "Ann's plan",
      parents: ['f'],
      modifiedTime: '2026-01-01T00:00:00Z',
    })
    google.putFile(alice, {
      id: 'b',
      name: 'Photo',
      mimeType: 'image/jpeg',
      modifiedTime: '2026-02-01T00:00:00Z',
    })
    const found = async (q: string) =>
      (await api.files.list({ q, orderBy: 'modifiedTime desc' })).data.files?.map(({ id }) => id)
    expect(await found('trashed=false')).toEqual(['b', 'a'])
    expect(await found("name = 'Ann\\'s plan'")).toEqual(['a'])
    expect(await found("mimeType != 'image/jpeg' and 'f' in parents")).toEqual(['a'])
    expect(await found("modifiedTime > '2026-01-15T00:00:00Z'")).toEqual(['b'])
    await expect(found('sharedWithMe')).rejects.toMatchObject(refusal(400, 'invalid'))
  })

  it('of others, and removed ones, do not exist', async () => {
    google.putFile(bob, { id: 'his' })
    google.putFile(alice, { id: 'gone' })
    google.removeFile(alice, 'gone')
    for (const fileId of ['his', 'gone', 'none']) {
      await expect(api.files.get({ fileId })).rejects.toMatchObject(refusal(404, 'notFound'))
    }
  })
})

describe('changes', () => {
  it('tell each file once at its latest state, removed ones by id alone', async () => {
    google.putFile(alice, { id: 'a' })
    google.putFile(alice, { id: 'b' })
    const token = await startToken()
    google.putFile(alice, { id: 'a', name: 'First' })
    google.putFile(alice, { id: 'c', trashed: true })
    google.putFile(alice, { id: 'a', name: 'Second' })
    google.removeFile(alice, 'b')
    const { changes, next } = await changesSince(token)
    expect(changes.map(({ fileId, removed, file }) => [fileId, removed, file?.name, file?.trashed])).toEqual([
      ['c', false, 'Untitled', true],
      ['a', false, 'Second', false],
      ['b', true, undefined, undefined],
    ])
    expect((await changesSince(next)).changes).toEqual([])
    expect((await changesSince(token, { includeRemoved: false })).changes).toHaveLength(2)
  })

  it('are paged live, over short and empty pages, with the new start token on the last one only', async () => {
    const token = await startToken()
    google.seedFiles(alice, { count: 5, seed: 1 })
    google.planPages([0, 2])
    const { sizes, changes } = await changesSince(token, { pageSize: 2 })
    expect(sizes).toEqual([0, 2, 2, 1])
    expect(new Set(changes.map(({ fileId }) => fileId)).size).toBe(5)
    const first = await api.changes.list({ pageToken: token, pageSize: 4 })
    google.putFile(alice, { id: 'meanwhile' })
    const rest = await changesSince(first.data.nextPageToken ?? '')
    expect(rest.changes.map(({ fileId }) => fileId)).toContain('meanwhile')
    expect((await changesSince(rest.next)).changes).toEqual([])
  })

  it('of shared drives come to those who say that they know them', async () => {
    const { id: driveId } = google.addSharedDrive({ name: 'Team', members: [alice] })
    const token = await startToken()
    google.putFile(driveId, { id: 'ours' })
    expect((await changesSince(token)).changes).toEqual([])
    const [change] = (await changesSince(token, withShared)).changes
    expect(change).toMatchObject({ fileId: 'ours', file: { driveId } })
    await expect(api.files.get({ fileId: 'ours' })).rejects.toMatchObject(refusal(404, 'notFound'))
    const shown = await api.files.get({ fileId: 'ours', supportsAllDrives: true })
    expect(shown.data).toMatchObject({ driveId })
  })

  it('of one shared drive have their own tokens', async () => {
    const { id: driveId } = google.addSharedDrive({ name: 'Team', members: [alice] })
    const token = await startToken({ driveId, supportsAllDrives: true })
    google.putFile(driveId, { id: 'ours' })
    google.putFile(alice, { id: 'mine' })
    const { changes } = await changesSince(token, { driveId, ...withShared })
    expect(changes.map(({ fileId }) => fileId)).toEqual(['ours'])
    await expect(changesSince(token)).rejects.toMatchObject(refusal(400, 'invalid'))
    await expect(changesSince(token, { driveId })).rejects.toMatchObject(
      refusal(403, 'teamDrivesOptInRequired'),
    )
  })

  it('tell that one was let into a shared drive and put out of it', async () => {
    const token = await startToken()
    const { id: driveId } = google.addSharedDrive({ name: 'Team', members: [bob] })
    google.shareDrive(driveId, { email: alice, role: 'reader' })
    const joined = await changesSince(token, withShared)
    expect(joined.changes).toMatchObject([{ changeType: 'drive', driveId, removed: false }])
    expect((await api.drives.list()).data.drives).toMatchObject([{ id: driveId, name: 'Team' }])
    google.shareDrive(driveId, { email: alice, role: 'none' })
    const left = await changesSince(joined.next, withShared)
    expect(left.changes).toMatchObject([{ changeType: 'drive', driveId, removed: true }])
    const list = api.files.list({ driveId, corpora: 'drive', ...withShared })
    await expect(list).rejects.toMatchObject(refusal(404, 'notFound'))
  })

  it('refuse a token that is missing, broken, expired or somebody else’s', async () => {
    const token = await startToken()
    for (const wrong of ['1', `${token}x`]) {
      await expect(changesSince(wrong)).rejects.toMatchObject(refusal(400, 'invalid'))
    }
    await expect(apiFor(bob).changes.list({ pageToken: token })).rejects.toMatchObject(
      refusal(400, 'invalid'),
    )
    google.expireChangeTokens(alice)
    await expect(changesSince(token)).rejects.toMatchObject(refusal(410, 'pageTokenExpired'))
    google.expireChangeTokens(alice, { answer: 'invalid_sync_token' })
    await expect(changesSince(token)).rejects.toMatchObject(refusal(400, 'invalid'))
    expect((await changesSince(await startToken())).changes).toEqual([])
  })
})
