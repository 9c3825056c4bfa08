import { type Call, ok, param, type Reply } from '../http/call.ts'
import { type Route, route } from '../http/router.ts'
import { pageOf } from '../paging/paged-list.ts'
import { booleanFrom, pageSizeFrom, queryHashOf } from '../paging/query.ts'
import type { World } from '../world.ts'
import { entityNotFound, invalidArgument, openMailbox, refuseBeyondMetadata } from './access.ts'
import type { Mailbox } from './mailbox-record.ts'
import { fullMessage, messageMetadata, minimalMessage } from './message-resource.ts'
import { searchFor } from './message-search.ts'

const messages = '/gmail/v1/users/:userId/messages'
const neverExpires = { epoch: 0, answer: 'full_sync_required' } as const

/** users.messages list and get. */
export function messageRoutes(world: World): Route[] {
  return [
    route('GET', messages, (call) => listMessages(world, call)),
    route('GET', `${messages}/:id`, (call) => getMessage(world, call)),
  ]
}

/** Newest first, ids only, as they were when the first page was asked for. */
function listMessages(world: World, call: Call): Reply {
  const open = openMailbox(world, call, 'metadata', 'Users.Messages.List')
  const { query } = call
  const searched = query.get('q') ?? ''
  if (searched !== '') refuseBeyondMetadata(open, "Metadata scope does not support 'q' parameter")
  const { items, nextPageToken } = pageOf(world, {
    scope: `messages ${open.account.sub}`,
    queryHash: queryHashOf(query, ['q', 'labelIds', 'includeSpamTrash']),
    tokens: neverExpires,
    syncToken: null,
    pageToken: query.get('pageToken'),
    pageSize: pageSizeFrom(query, { usual: 100, most: 500 }),
    syncable: false,
    rowsSince: () => matchingMessages(open.mailbox, query, searched),
  })
  return ok({
    ...(items.length > 0 && { messages: items }),
    ...(nextPageToken !== undefined && { nextPageToken }),
    // An estimate, and no more: the number of all messages is not in it.
    resultSizeEstimate: items.length + (nextPageToken === undefined ? 0 : 1),
  })
}

function matchingMessages(mailbox: Mailbox, query: URLSearchParams, searched: string) {
  const labelIds = query.getAll('labelIds')
  const spamAndTrash = booleanFrom(query, 'includeSpamTrash') ?? false
  const hidden = ['SPAM', 'TRASH'].filter((id) => !spamAndTrash && !labelIds.includes(id))
  const matches = searchFor(searched)
  return [...mailbox.messages.values()]
    .filter(
      (message) =>
        labelIds.every((id) => message.labelIds.includes(id)) &&
        !hidden.some((id) => message.labelIds.includes(id)) &&
        matches(message),
    )
    .toSorted((a, b) => b.internalDate - a.internalDate || (a.id < b.id ? 1 : -1))
    .map(({ id, threadId }, index) => ({ sequence: index + 1, item: { id, threadId } }))
}

function getMessage(world: World, call: Call): Reply {
  const open = openMailbox(world, call, 'metadata', 'Users.Messages.Get')
  const { query } = call
  const format = (query.get('format') ?? 'full').toLowerCase()
  if (format === 'full' || format === 'raw') {
    refuseBeyondMetadata(open, `Metadata scope doesn't allow format ${format.toUpperCase()}`)
  }
  const message = open.mailbox.messages.get(param(call, 'id'))
  if (!message) throw entityNotFound()
  if (format === 'minimal') return ok(minimalMessage(open.mailbox, message))
  if (format === 'metadata') {
    return ok(messageMetadata(open.mailbox, message, query.getAll('metadataHeaders')))
  }
  if (format === 'full') return ok(fullMessage(open.mailbox, message))
  throw invalidArgument(`Invalid value at 'format', "${format}"`)
}
