import type { Call, Reply } from '../http/call.ts'
import { type Route, route } from '../http/router.ts'
import { openChannel, stopChannel, type Watched } from '../push/open-channel.ts'
import type { World } from '../world.ts'
import { driveCaller } from './access.ts'
import { openLog } from './change-routes.ts'
import { readChangeToken } from './change-token.ts'
import { changesResource } from './drives.ts'

/** "1 hour by default, 1 week at most" for changes (Drive push guide). */
const lifetime: Watched['lifetime'] = { usualSeconds: 3600, mostSeconds: 604_800 }

/** changes.watch and channels.stop. */
export function driveWatchRoutes(world: World): Route[] {
  return [
    route('POST', '/drive/v3/changes/watch', (call) => watchChanges(world, call)),
    route('POST', '/drive/v3/channels/stop', (call) =>
      stopChannel(world, call, driveCaller(world, call, 'DriveChannels.Stop')),
    ),
  ]
}

function watchChanges(world: World, call: Call): Promise<Reply> {
  const { account, log } = openLog(world, call, 'DriveChanges.Watch')
  readChangeToken(log, call.query.get('pageToken'))
  const resource = changesResource(account.sub, log.driveId)
  return openChannel(world, call, {
    account,
    resource,
    path: '/drive/v3/changes',
    change: 'change',
    lifetime,
  })
}
