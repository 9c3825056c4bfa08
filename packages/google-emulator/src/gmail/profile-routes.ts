import { apiCaller } from '../http/api-caller.ts'
import { ok } from '../http/call.ts'
import { type Route, route } from '../http/router.ts'
import type { World } from '../world.ts'

const prefix = 'https://www.googleapis.com/auth/gmail.'
const scopes = [
  'https://mail.google.com/',
  ...['modify', 'readonly', 'compose', 'metadata'].map((name) => prefix + name),
]

/** users.getProfile: the cheapest question Gmail answers, good for a health check. */
export function gmailRoutes(world: World): Route[] {
  return [
    route('GET', '/gmail/v1/users/:userId/profile', (call) => {
      const method = {
        scopes,
        service: 'gmail.googleapis.com',
        name: 'caribou.api.proto.MailboxService.GetProfile',
      }
      const account = apiCaller(world, call, method)
      const historyId = String(1000 + world.state.revision)
      return ok({ emailAddress: account.email, messagesTotal: 0, threadsTotal: 0, historyId })
    }),
  ]
}
