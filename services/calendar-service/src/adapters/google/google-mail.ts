import { gmail as gmailApi } from 'googleapis/build/src/apis/gmail/index.js'
import { z } from 'zod'
import type { GoogleMail, GooglePage, PageRequest } from '../../application/ports.ts'
import { classifyFailure, type GoogleAnswer, type GoogleFailure } from '../../domain/google-failure.ts'
import { deletedItem, type GoogleItem, laterHistoryId } from '../../domain/google-item.ts'
import { itemColumns } from '../../domain/item-columns.ts'
import { SyncObstacle } from '../../domain/sync-obstacle.ts'
import { createGoogleCaller, type GoogleApiOptions, hashOf, http } from './google-call.ts'
import { type PagePosition, pageTokenOf, positionOf } from './page-position.ts'

const userId = 'me'
// Each message is a call of its own: a larger page would only be lost as a whole when the quota ends in it.
const listQuery = { userId, maxResults: 100, includeSpamTrash: true, fields: 'messages(id),nextPageToken' }
const historyQuery = { userId, maxResults: 100 }
// Without the snippet: it is the beginning of the body.
const messageQuery = {
  userId,
  format: 'metadata',
  fields: 'id,threadId,labelIds,historyId,internalDate,sizeEstimate,payload(mimeType,headers)',
  metadataHeaders: [
    'From',
    'To',
    'Cc',
    'Subject',
    'Date',
    'Reply-To',
    'Message-ID',
    'In-Reply-To',
    'References',
  ],
}
const callsAtOnce = 8

const historyIdSchema = z.string().regex(/^\d{1,20}$/)
const profileSchema = z.object({ historyId: historyIdSchema })
const namedSchema = z.object({ id: z.string().min(1) })
const listSchema = z.object({
  messages: z.array(namedSchema).default([]),
  nextPageToken: z.string().nullish(),
})
const messageSchema = z.object({
  id: z.string().min(1),
  historyId: historyIdSchema,
  threadId: z.string().nullish(),
  labelIds: z.array(z.string()).nullish(),
  internalDate: z.string().nullish(),
  sizeEstimate: z.number().nullish(),
  payload: z
    .object({
      mimeType: z.string().nullish(),
      headers: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
    })
    .nullish(),
})
const touchedSchema = z.array(z.object({ message: namedSchema })).default([])
const historySchema = z.object({
  history: z
    .array(
      z.object({
        id: historyIdSchema,
        messages: z.array(namedSchema).default([]),
        messagesAdded: touchedSchema,
        messagesDeleted: touchedSchema,
        labelsAdded: touchedSchema,
        labelsRemoved: touchedSchema,
      }),
    )
    .default([]),
  historyId: historyIdSchema.nullish(),
  nextPageToken: z.string().nullish(),
})

/** Gmail v1 through googleapis, metadata only. */
export function createGoogleMail(options: GoogleApiOptions): GoogleMail {
  const google = createGoogleCaller(options)
  const api = gmailApi({ version: 'v1', rootUrl: google.rootUrl })

  const startOf = async ({ accessToken }: PageRequest): Promise<PagePosition> => {
    const query = { userId, fields: 'historyId' }
    const profile = await google.read(profileSchema, (signal) =>
      api.users.getProfile(query, http(accessToken, signal)),
    )
    return { start: profile.historyId, pageToken: null }
  }
  const messageOf = async (accessToken: string, id: string): Promise<GoogleItem> => {
    try {
      const message = await google.read(messageSchema, (signal) =>
        api.users.messages.get({ ...messageQuery, id }, http(accessToken, signal)),
      )
      return itemOf(message)
    } catch (error) {
      // Deleted since it was named: its history says so as well, a moment later.
      if (error instanceof SyncObstacle && error.word === 'not_found') return deletedItem(id)
      throw error
    }
  }
  const listAll = async (request: PageRequest): Promise<GooglePage<GoogleItem>> => {
    const { accessToken, pageToken } = request
    const { start, pageToken: at } = pageToken === null ? await startOf(request) : positionOf(pageToken)
    const query = { ...listQuery, ...(at === null ? {} : { pageToken: at }) }
    const page = await google.read(listSchema, (signal) =>
      api.users.messages.list(query, http(accessToken, signal)),
    )
    const items = await inTurns(page.messages, ({ id }) => messageOf(accessToken, id))
    return page.nextPageToken
      ? { items, nextPageToken: pageTokenOf(start, page.nextPageToken), nextSyncToken: null }
      : { items, nextPageToken: null, nextSyncToken: start }
  }
  const listHistory = async (
    startHistoryId: string,
    request: PageRequest,
  ): Promise<GooglePage<GoogleItem>> => {
    const { accessToken, pageToken } = request
    const at = pageToken === null ? null : positionOf(pageToken)
    const query = { ...historyQuery, startHistoryId, ...(at?.pageToken ? { pageToken: at.pageToken } : {}) }
    const page = await google.read(
      historySchema,
      (signal) => api.users.history.list(query, http(accessToken, signal)),
      classifyHistory,
    )
    const items = await inTurns([...fatesOf(page.history)], ([id, fate]) =>
      fate === 'deleted' ? deletedItem(id) : messageOf(accessToken, id),
    )
    // What the first page said: a change that comes while paging is then asked for once more rather than skipped.
    const reached = at?.start ?? laterHistoryId(page.historyId ?? startHistoryId, startHistoryId)
    return page.nextPageToken
      ? { items, nextPageToken: pageTokenOf(reached, page.nextPageToken), nextSyncToken: null }
      : { items, nextPageToken: null, nextSyncToken: reached }
  }
  return {
    queryHash: hashOf([listQuery, historyQuery, messageQuery]),
    listMessages: ({ syncToken, ...request }) =>
      syncToken === null
        ? listAll({ ...request, syncToken })
        : listHistory(syncToken, { ...request, syncToken }),
  }
}

/** What became of each message in the end; a page names the same one often. */
function fatesOf(history: z.output<typeof historySchema>['history']): Map<string, 'touched' | 'deleted'> {
  const fates = new Map<string, 'touched' | 'deleted'>()
  for (const record of history) {
    const { messages, messagesAdded, messagesDeleted, labelsAdded, labelsRemoved } = record
    const touched = [...messagesAdded, ...labelsAdded, ...labelsRemoved].map(({ message }) => message)
    // `messages` alone covers kinds of change that are not known yet.
    for (const { id } of [...messages, ...touched]) fates.set(id, 'touched')
    for (const { message } of messagesDeleted) fates.set(message.id, 'deleted')
  }
  return fates
}

function itemOf(message: z.output<typeof messageSchema>): GoogleItem {
  const { id, historyId, threadId, labelIds = [], internalDate, sizeEstimate } = message
  const payload = { mimeType: message.payload?.mimeType, headers: message.payload?.headers ?? [] }
  // Named one by one: whatever else an answer brings, a body is never kept.
  const raw = { id, threadId, labelIds, historyId, internalDate, sizeEstimate, payload }
  return { id, revision: historyId, deleted: false, ...itemColumns.gmail(raw), raw }
}

/** In order, a few at a time. */
async function inTurns<From, To>(
  entries: readonly From[],
  work: (entry: From) => To | Promise<To>,
): Promise<To[]> {
  const results: To[] = []
  for (let next = 0; next < entries.length; next += callsAtOnce) {
    results.push(...(await Promise.all(entries.slice(next, next + callsAtOnce).map(work))))
  }
  return results
}

/** Gmail forgets history after about a week, and says 404. */
function classifyHistory(answer: GoogleAnswer): GoogleFailure {
  return answer.status === 404
    ? { word: 'sync_token_lost', passing: false, retryAfterSeconds: null }
    : classifyFailure(answer)
}
