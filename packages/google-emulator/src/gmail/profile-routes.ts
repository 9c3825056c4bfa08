import { ok, param } from '../http/call.ts'
import { type Route, route } from '../http/router.ts'
import type { World } from '../world.ts'
import { entityNotFound, openMailbox } from './access.ts'
import { listHistory } from './history-list.ts'
import { newestHistoryId } from './mailbox.ts'
import type { Label } from './mailbox-record.ts'

const user = '/gmail/v1/users/:userId'

/** users.getProfile (the cheapest question Gmail answers), users.labels, users.history. */
export function profileRoutes(world: World): Route[] {
  return [
    route('GET', `${user}/profile`, (call) => {
      const { account, mailbox } = openMailbox(world, call, 'profile', 'Users.GetProfile')
      const threads = new Set([...mailbox.messages.values()].map(({ threadId }) => threadId))
      return ok({
        emailAddress: account.email,
        messagesTotal: mailbox.messages.size,
        threadsTotal: threads.size,
        historyId: newestHistoryId(mailbox),
      })
    }),
    route('GET', `${user}/labels`, (call) => {
      const { mailbox } = openMailbox(world, call, 'labels', 'Users.Labels.List')
      return ok({ labels: [...mailbox.labels.values()].map(labelResource) })
    }),
    route('GET', `${user}/labels/:id`, (call) => {
      const { mailbox } = openMailbox(world, call, 'labels', 'Users.Labels.Get')
      const label = mailbox.labels.get(param(call, 'id'))
      if (!label) throw entityNotFound()
      const messages = [...mailbox.messages.values()].filter(({ labelIds }) => labelIds.includes(label.id))
      const unread = messages.filter(({ labelIds }) => labelIds.includes('UNREAD'))
      return ok({ ...labelResource(label), messagesTotal: messages.length, messagesUnread: unread.length })
    }),
    route('GET', `${user}/history`, (call) => listHistory(world, call)),
  ]
}

const labelResource = (label: Label) => ({
  ...label,
  ...(label.type === 'user' && { messageListVisibility: 'show', labelListVisibility: 'labelShow' }),
})
