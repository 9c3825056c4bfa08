import { type Call, jsonOf, noContent, ok, type Reply } from '../http/call.ts'
import { type Route, route } from '../http/router.ts'
import { nowMs, type World } from '../world.ts'
import { invalidArgument, openMailbox } from './access.ts'
import { newestHistoryId } from './mailbox.ts'

/** users.watch ends after seven days unless it is called again. */
const watchMs = 7 * 24 * 3600 * 1000

/** users.watch and users.stop. */
export function mailboxWatchRoutes(world: World): Route[] {
  return [
    route('POST', '/gmail/v1/users/:userId/watch', (call) => watch(world, call)),
    route('POST', '/gmail/v1/users/:userId/stop', (call) => {
      const { mailbox } = openMailbox(world, call, 'metadata', 'Users.Stop')
      world.state.mailboxWatches.delete(mailbox.sub)
      world.state.changed.add('channels')
      return noContent
    }),
  ]
}

function watch(world: World, call: Call): Reply {
  const { mailbox } = openMailbox(world, call, 'metadata', 'Users.Watch')
  const { topicName } = jsonOf(call)
  if (typeof topicName !== 'string' || !/^projects\/[^/]+\/topics\/[^/]+$/.test(topicName)) {
    throw invalidArgument('Invalid topicName does not match projects/*/topics/*')
  }
  const expiration = nowMs(world) + watchMs
  const notifiedAt = world.state.mailboxWatches.get(mailbox.sub)?.notifiedAt ?? null
  world.state.mailboxWatches.set(mailbox.sub, { topicName, expiration, notifiedAt })
  world.state.changed.add('channels')
  return ok({ historyId: newestHistoryId(mailbox), expiration: String(expiration) })
}
