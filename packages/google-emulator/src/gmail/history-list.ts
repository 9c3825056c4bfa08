import { type Call, ok, type Reply } from '../http/call.ts'
import { decodeCursor, encodeCursor } from '../paging/cursor.ts'
import { firstAfter } from '../paging/in-order.ts'
import { livePage, rowsFrom } from '../paging/live-page.ts'
import { pageSizeFrom, queryHashOf } from '../paging/query.ts'
import type { World } from '../world.ts'
import { entityNotFound, invalidArgument, openMailbox } from './access.ts'
import { historyIdOf, newestHistoryId, revisionOf } from './mailbox.ts'
import type { HistoryKind, HistoryRecord, Mailbox } from './mailbox-record.ts'

const kinds: readonly HistoryKind[] = ['messageAdded', 'messageDeleted', 'labelAdded', 'labelRemoved']
const fieldOf = {
  messageAdded: 'messagesAdded',
  messageDeleted: 'messagesDeleted',
  labelAdded: 'labelsAdded',
  labelRemoved: 'labelsRemoved',
} as const

/** users.history.list: everything after `startHistoryId`, oldest first; 404 once that is forgotten. */
export function listHistory(world: World, call: Call): Reply {
  const { mailbox } = openMailbox(world, call, 'metadata', 'Users.History.List')
  const { query } = call
  const start = startOf(mailbox, query.get('startHistoryId'))
  const scope = `history ${mailbox.sub}`
  const queryHash = queryHashOf(query, ['startHistoryId', 'historyTypes', 'labelId'])
  const after = afterOf(query.get('pageToken'), { scope, queryHash }) ?? start
  const position = firstAfter(mailbox.history, (record) => record.revision, after)
  const rows = rowsFrom(mailbox.history, position, filterOf(query))
  const { items, hasMore } = livePage(world, rows, pageSizeFrom(query, { usual: 100, most: 500 }))
  const afterSequence = items.at(-1)?.revision ?? after
  const cursor = { kind: 'page', scope, queryHash, snapshotId: '', afterSequence, revision: start } as const
  return ok({
    // Google leaves the list out when there is nothing in it.
    ...(items.length > 0 && { history: items.map((record) => historyResource(mailbox, record)) }),
    ...(hasMore && { nextPageToken: encodeCursor(cursor) }),
    historyId: newestHistoryId(mailbox),
  })
}

function startOf(mailbox: Mailbox, text: string | null): number {
  if (text === null) throw invalidArgument('Missing startHistoryId')
  if (!/^\d{1,20}$/.test(text))
    throw invalidArgument(`Invalid value at 'start_history_id' (TYPE_UINT64), "${text}"`)
  const start = revisionOf(mailbox, BigInt(text))
  if (start === undefined) throw entityNotFound()
  return start
}

function afterOf(pageToken: string | null, list: { scope: string; queryHash: string }): number | undefined {
  if (pageToken === null) return undefined
  const cursor = decodeCursor(pageToken)
  if (cursor?.kind !== 'page' || cursor.scope !== list.scope || cursor.queryHash !== list.queryHash) {
    throw invalidArgument('Invalid pageToken')
  }
  return cursor.afterSequence
}

function filterOf(query: URLSearchParams): (record: HistoryRecord) => boolean {
  const wanted = query.getAll('historyTypes')
  const unknown = wanted.find((kind) => !kinds.some((known) => known === kind))
  if (unknown !== undefined) throw invalidArgument(`Invalid value at 'history_types', "${unknown}"`)
  const labelId = query.get('labelId')
  return ({ kind, labelIds, changedLabelIds }) =>
    (wanted.length === 0 || wanted.includes(kind)) &&
    (labelId === null || labelIds.includes(labelId) || changedLabelIds.includes(labelId))
}

function historyResource(mailbox: Mailbox, record: HistoryRecord): object {
  const identity = { id: record.messageId, threadId: record.threadId }
  const message = { ...identity, ...(record.labelIds.length > 0 && { labelIds: record.labelIds }) }
  const isLabel = record.kind === 'labelAdded' || record.kind === 'labelRemoved'
  const change = isLabel ? { message, labelIds: record.changedLabelIds } : { message }
  return { id: historyIdOf(mailbox, record.revision), messages: [identity], [fieldOf[record.kind]]: [change] }
}
