import { type gmail_v1, gmail as gmailApi } from 'googleapis/build/src/apis/gmail/index.js'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type GoogleEmulator, startGoogleEmulator } from '../emulator.ts'

const alice = 'alice@example.com'
const readonly = 'https://www.googleapis.com/auth/gmail.readonly'
const metadata = 'https://www.googleapis.com/auth/gmail.metadata'
const userId = 'me'

let google: GoogleEmulator
let api: gmail_v1.Gmail

function apiWith(scope: string): gmail_v1.Gmail {
  const { accessToken } = google.issueTokens({ email: alice, scopes: [scope] })
  const headers = { authorization: `Bearer ${accessToken}` }
  return gmailApi({ version: 'v1', rootUrl: `${google.url}/`, headers, retry: false })
}

beforeEach(async () => {
  google = await startGoogleEmulator({ seed: 'empty' })
  google.addAccount({ email: alice })
  api = apiWith(readonly)
})

afterEach(() => google.close())

const historyIdNow = async () => (await api.users.getProfile({ userId })).data.historyId ?? ''

/** All history records after an id, over all pages. */
async function historySince(parameters: gmail_v1.Params$Resource$Users$History$List) {
  const records: gmail_v1.Schema$History[] = []
  const pages: gmail_v1.Schema$ListHistoryResponse[] = []
  let pageToken: string | undefined
  do {
    const { data } = await api.users.history.list({ userId, ...parameters, ...(pageToken && { pageToken }) })
    pages.push(data)
    records.push(...(data.history ?? []))
    pageToken = data.nextPageToken ?? undefined
  } while (pageToken !== undefined)
  return { records, pages, historyId: pages.at(-1)?.historyId ?? '' }
}

const refusal = (status: number, reason: string) => ({
  status,
  response: { data: { error: { code: status, errors: [expect.objectContaining({ reason })] } } },
})

describe('messages', () => {
  it('are listed newest first, by id alone, over pages that stay as they were', async () => {
    google.seedMessages(alice, { count: 7, seed: 1 })
    const first = await api.users.messages.list({ userId, maxResults: 3 })
    google.addMessage(alice, { id: 'late' })
    const pageToken = first.data.nextPageToken ?? ''
    const rest = await api.users.messages.list({ userId, maxResults: 9, pageToken })
    const listed = [...(first.data.messages ?? []), ...(rest.data.messages ?? [])]
    const dates = google.state().mailboxes[0]?.messages.filter(({ id }) => id !== 'late') ?? []
    expect(listed.map(({ id }) => id)).toEqual(dates.map(({ id }) => id).toReversed())
    expect(Object.keys(listed[0] ?? {}).toSorted()).toEqual(['id', 'threadId'])
  })

  it('in spam and trash are left out unless they are asked for', async () => {
    google.addMessage(alice, { id: 'kept' })
    google.addMessage(alice, { id: 'gone', labelIds: ['TRASH'] })
    const ids = async (more: object) =>
      (await api.users.messages.list({ userId, ...more })).data.messages?.map(({ id }) => id)
    expect(await ids({})).toEqual(['kept'])
    expect((await ids({ includeSpamTrash: true }))?.toSorted()).toEqual(['gone', 'kept'])
    expect(await ids({ labelIds: ['TRASH'] })).toEqual(['gone'])
  })

  it('are found by label, sender, subject and time', async () => {
    google.addMessage(alice, {
      id: 'a',
      subject: 'Invoice 1',
      from: 'ana@example.com',
      date: '2026-01-01T00:00:00Z',
    })
    google.addMessage(alice, {
      id: 'b',
      subject: 'Lunch',
      from: 'ben@example.com',
      date: '2026-02-01T00:00:00Z',
    })
    const found = async (q: string) =>
      (await api.users.messages.list({ userId, q })).data.messages?.map(({ id }) => id)
    expect(await found('from:ana subject:invoice')).toEqual(['a'])
    expect(await found('after:2026/01/15 in:inbox')).toEqual(['b'])
    expect(await found('nothing')).toBeUndefined()
    await expect(found('has:attachment')).rejects.toMatchObject(refusal(400, 'invalidArgument'))
  })

  it('have headers in the metadata format, only those asked for, and never a body', async () => {
    google.addMessage(alice, { id: 'a', subject: 'Invoice', headers: [{ name: 'X-Odd', value: 'ä"<' }] })
    const get = async (more: object) =>
      (await api.users.messages.get({ userId, id: 'a', format: 'metadata', ...more })).data.payload
    expect((await get({}))?.headers).toContainEqual({ name: 'X-Odd', value: 'ä"<' })
    expect(await get({ metadataHeaders: ['subject'] })).toEqual({
      mimeType: 'text/plain',
      headers: [{ name: 'Subject', value: 'Invoice' }],
    })
    const minimal = await api.users.messages.get({ userId, id: 'a', format: 'minimal' })
    expect(minimal.data).not.toHaveProperty('payload')
    expect(minimal.data).toMatchObject({ id: 'a', labelIds: ['INBOX', 'UNREAD'] })
  })

  it('that do not exist answer 404', async () => {
    await expect(api.users.messages.get({ userId, id: 'none' })).rejects.toMatchObject(
      refusal(404, 'notFound'),
    )
  })

  it('show neither bodies nor search results to the metadata scope', async () => {
    google.addMessage(alice, { id: 'a' })
    const narrow = apiWith(metadata)
    const full = narrow.users.messages.get({ userId, id: 'a' })
    await expect(full).rejects.toMatchObject(refusal(403, 'forbidden'))
    await expect(narrow.users.messages.list({ userId, q: 'x' })).rejects.toMatchObject(
      refusal(403, 'forbidden'),
    )
    expect((await narrow.users.messages.get({ userId, id: 'a', format: 'metadata' })).data.id).toBe('a')
  })

  it('of somebody else are refused', async () => {
    const other = api.users.messages.list({ userId: 'bob@example.com' })
    await expect(other).rejects.toMatchObject(refusal(403, 'forbidden'))
  })
})

describe('history', () => {
  it('tells additions, deletions and labels in order, and nothing when nothing happened', async () => {
    google.addMessage(alice, { id: 'old' })
    const start = await historyIdNow()
    expect((await api.users.history.list({ userId, startHistoryId: start })).data).toEqual({
      historyId: start,
    })
    google.addMessage(alice, { id: 'new' })
    google.labelMessage(alice, 'old', { add: ['STARRED'], remove: ['UNREAD'] })
    google.deleteMessage(alice, 'new')
    const { records, historyId } = await historySince({ startHistoryId: start })
    expect(records.map(({ id: _, messages: __, ...change }) => change)).toEqual([
      { messagesAdded: [{ message: { id: 'new', threadId: 'new', labelIds: ['INBOX', 'UNREAD'] } }] },
      { labelsAdded: [{ message: expect.objectContaining({ id: 'old' }), labelIds: ['STARRED'] }] },
      { labelsRemoved: [{ message: expect.objectContaining({ id: 'old' }), labelIds: ['UNREAD'] }] },
      { messagesDeleted: [{ message: expect.objectContaining({ id: 'new' }) }] },
    ])
    expect((await historySince({ startHistoryId: historyId })).records).toEqual([])
  })

  it('is paged live: what happens meanwhile comes at the end, and the last id covers it', async () => {
    const startHistoryId = await historyIdNow()
    google.seedMessages(alice, { count: 3, seed: 1 })
    const first = await api.users.history.list({ userId, startHistoryId, maxResults: 2 })
    google.addMessage(alice, { id: 'meanwhile' })
    const pageToken = first.data.nextPageToken ?? ''
    const second = await api.users.history.list({ userId, startHistoryId, pageToken })
    expect(second.data.history).toHaveLength(2)
    expect((await historySince({ startHistoryId: second.data.historyId ?? '' })).records).toEqual([])
  })

  it('may send short and empty pages in between', async () => {
    const startHistoryId = await historyIdNow()
    google.seedMessages(alice, { count: 4, seed: 1 })
    google.planPages([0, 1])
    const { pages, records } = await historySince({ startHistoryId })
    expect(pages.map(({ history }) => history?.length ?? 0)).toEqual([0, 1, 3])
    expect(records).toHaveLength(4)
  })

  it('can be narrowed to kinds and to a label', async () => {
    const startHistoryId = await historyIdNow()
    google.addMessage(alice, { id: 'a', labelIds: ['INBOX'] })
    google.addMessage(alice, { id: 'b', labelIds: ['SENT'] })
    google.labelMessage(alice, 'a', { add: ['STARRED'] })
    const added = await historySince({ startHistoryId, historyTypes: ['messageAdded'], labelId: 'INBOX' })
    expect(added.records.map(({ messages }) => messages?.[0]?.id)).toEqual(['a'])
  })

  it('answers 404 for ids beyond the horizon and ids of the future, and keeps the newest changes it was told to', async () => {
    const start = await historyIdNow()
    google.addMessage(alice, { id: 'a' })
    const between = await historyIdNow()
    google.addMessage(alice, { id: 'b' })
    google.expireHistory(alice, { keep: 1 })
    await expect(historySince({ startHistoryId: start })).rejects.toMatchObject(refusal(404, 'notFound'))
    expect((await historySince({ startHistoryId: between })).records).toHaveLength(1)
    google.expireHistory(alice)
    await expect(historySince({ startHistoryId: between })).rejects.toMatchObject(refusal(404, 'notFound'))
    expect((await historySince({ startHistoryId: await historyIdNow() })).records).toEqual([])
    const future = historySince({ startHistoryId: '99999999999999' })
    await expect(future).rejects.toMatchObject(refusal(404, 'notFound'))
  })

  it('refuses ids that are no numbers, and page tokens of another question', async () => {
    const startHistoryId = await historyIdNow()
    for (const wrong of ['', 'abc', '-1']) {
      const asked = historySince({ startHistoryId: wrong })
      await expect(asked).rejects.toMatchObject(refusal(400, 'invalidArgument'))
    }
    google.seedMessages(alice, { count: 3, seed: 1 })
    const { data } = await api.users.history.list({ userId, startHistoryId, maxResults: 1 })
    const mixed = { startHistoryId, pageToken: data.nextPageToken ?? '', labelId: 'INBOX' }
    await expect(api.users.history.list({ userId, ...mixed })).rejects.toMatchObject(
      refusal(400, 'invalidArgument'),
    )
  })

  it('counts with gaps, and beyond what floating point numbers can tell apart', async () => {
    google.offsetHistory(alice, '9007199254740992')
    const start = await historyIdNow()
    google.addMessage(alice, { id: 'a' })
    const { records, historyId } = await historySince({ startHistoryId: start })
    expect(records.map(({ id }) => id)).toEqual([historyId])
    expect(BigInt(historyId) - BigInt(start)).toBeGreaterThan(1n)
    expect(BigInt(start)).toBeGreaterThan(BigInt(Number.MAX_SAFE_INTEGER))
  })
})

describe('labels', () => {
  it('are those of the system and those somebody added', async () => {
    const { id } = google.addLabel(alice, 'Travel')
    google.addMessage(alice, { id: 'a', labelIds: [id, 'UNREAD'] })
    const { data } = await api.users.labels.list({ userId })
    expect(data.labels).toContainEqual(expect.objectContaining({ id, name: 'Travel', type: 'user' }))
    expect(data.labels).toContainEqual({ id: 'INBOX', name: 'INBOX', type: 'system' })
    const one = await api.users.labels.get({ userId, id })
    expect(one.data).toMatchObject({ messagesTotal: 1, messagesUnread: 1 })
  })
})
