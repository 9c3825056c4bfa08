import { gmail as gmailApi } from 'googleapis/build/src/apis/gmail/index.js'
import { z } from 'zod'
import type { Allowance, GoogleMail, GooglePage, PageRequest } from '../../application/ports.ts'
import { callCosts } from '../../domain/call-costs.ts'
import { classifyFailure, type GoogleAnswer, type GoogleFailure } from '../../domain/google-failure.ts'
import { deletedItem, type GoogleItem, laterHistoryId } from '../../domain/google-item.ts'
import { itemColumns } from '../../domain/item-columns.ts'
import { SyncObstacle } from '../../domain/sync-obstacle.ts'
import { createGoogleCaller, type GoogleApiOptions, hashOf, http } from './google-call.ts'
import { type PagePosition, pageTokenOf, positionOf } from './page-position.ts'

const userId = 'me'
// Each message is a call of its own: a larger page would only be lost as a whole when something ends in it.
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
// Gmail refuses somebody who asks for too much at the same moment, whatever is left of the minute.
const callsAtOnce = 8
// A smaller page is not worth the call that lists it.
const fewestMessages = 10

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

/** Gmail v1 through googleapis, metadata only. A page is as large as what may still be asked for, and its messages are paid for
 * together: a page that could not be had whole would be lost, with all that was spent on it. */
export function createGoogleMail(options: GoogleApiOptions & { readonly messageUnits: number }): GoogleMail {
  const { messageUnits } = options
  const google = createGoogleCaller(options)
  const api = gmailApi({ version: 'v1', rootUrl: google.rootUrl })

  const startOf = async ({ accessToken, allowance }: PageRequest): Promise<PagePosition> => {
    const query = { userId, fields: 'historyId' }
    const profile = await google.read(
      profileSchema,
      { allowance, units: callCosts.gmail.profile },
      (signal) => api.users.getProfile(query, http(accessToken, signal)),
    )
    return { start: profile.historyId, pageToken: null }
  }
  const messageOf = async (accessToken: string, id: string): Promise<GoogleItem> => {
    try {
      const message = await google.read(messageSchema, 'paid', (signal) =>
        api.users.messages.get({ ...messageQuery, id }, http(accessToken, signal)),
      )
      return itemOf(message)
    } catch (error) {
      // Deleted since it was named: its history says so as well, a moment later.
      if (error instanceof SyncObstacle && error.word === 'not_found') return deletedItem(id)
      throw error
    }
  }
  const affordable = (left: number) =>
    Math.min(listQuery.maxResults, Math.max(Math.floor(left / messageUnits), fewestMessages))
  const payFor = async (allowance: Allowance, messages: number) => {
    if (messages > 0) await allowance.take(messages * messageUnits)
  }
  const listAll = async (request: PageRequest): Promise<GooglePage<GoogleItem>> => {
    const { accessToken, allowance, pageToken } = request
    const { start, pageToken: at } = pageToken === null ? await startOf(request) : positionOf(pageToken)
    const left = await allowance.take(callCosts.gmail.messageList)
    const query = { ...listQuery, maxResults: affordable(left), ...(at === null ? {} : { pageToken: at }) }
    const page = await google.read(listSchema, 'paid', (signal) =>
      api.users.messages.list(query, http(accessToken, signal)),
    )
    await payFor(allowance, page.messages.length)
    const items = await inTurns(page.messages, ({ id }) => messageOf(accessToken, id))
    return page.nextPageToken
      ? { items, nextPageToken: pageTokenOf(start, page.nextPageToken), nextSyncToken: null }
      : { items, nextPageToken: null, nextSyncToken: start }
  }
  const listHistory = async (
    startHistoryId: string,
    request: PageRequest,
  ): Promise<GooglePage<GoogleItem>> => {
    const { accessToken, allowance, pageToken } = request
    const at = pageToken === null ? null : positionOf(pageToken)
    // A record is about one message as a rule.
    const maxResults = affordable(await allowance.take(callCosts.gmail.history))
    const place = at?.pageToken ? { pageToken: at.pageToken } : {}
    const query = { ...historyQuery, maxResults, startHistoryId, ...place }
    const page = await google.read(
      historySchema,
      'paid',
      (signal) => api.users.history.list(query, http(accessToken, signal)),
      classifyHistory,
    )
    const fates = [...fatesOf(page.history)]
    await payFor(allowance, fates.filter(([, fate]) => fate === 'touched').length)
    const items = await inTurns(fates, async ([id, fate]) =>
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

/** In order, a few at a time; a slow one holds up nobody but itself, and after a failure none is begun. */
async function inTurns<From, To>(
  entries: readonly From[],
  work: (entry: From) => Promise<To>,
): Promise<To[]> {
  const results: To[] = []
  const waiting = entries.entries()
  let failed = false
  const turn = async () => {
    for (const [nth, entry] of waiting) {
      if (failed) return
      results[nth] = await work(entry).catch((error: unknown) => {
        failed = true
        throw error
      })
    }
  }
  await Promise.all(Array.from({ length: callsAtOnce }, turn))
  return results
}

/** Gmail forgets history after about a week, and says 404. */
function classifyHistory(answer: GoogleAnswer): GoogleFailure {
  return answer.status === 404
    ? { word: 'sync_token_lost', passing: false, retryAfterSeconds: null }
    : classifyFailure(answer)
}
