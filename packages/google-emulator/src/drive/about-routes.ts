import { type Call, ok, param } from '../http/call.ts'
import { googleError } from '../http/google-error.ts'
import { type Route, route } from '../http/router.ts'
import { pageOf } from '../paging/paged-list.ts'
import { pageSizeFrom } from '../paging/query.ts'
import type { World } from '../world.ts'
import { driveCaller } from './access.ts'
import { sharedDrivesOf } from './drives.ts'
import { driveResource, userResource } from './file-resource.ts'

const neverExpires = { epoch: 0, answer: 'full_sync_required' } as const

/** about.get (Drive is the one API that insists on `fields` there), drives.list and drives.get. */
export function aboutRoutes(world: World): Route[] {
  return [
    route('GET', '/drive/v3/about', (call) => {
      const account = driveCaller(world, call, 'DriveAbout.Get')
      if (!call.query.has('fields')) {
        throw googleError(400, 'required', "The 'fields' parameter is required for this method.", {
          location: 'fields',
        })
      }
      const storageQuota = { limit: '16106127360', usage: '0' }
      return ok({ kind: 'drive#about', user: userResource(account), storageQuota })
    }),
    route('GET', '/drive/v3/drives', (call) => listDrives(world, call)),
    route('GET', '/drive/v3/drives/:driveId', (call) => {
      const { sub } = driveCaller(world, call, 'DriveDrives.Get')
      const driveId = param(call, 'driveId')
      const drive = sharedDrivesOf(world.state, sub).find(({ id }) => id === driveId)
      if (!drive)
        throw googleError(404, 'notFound', `Shared drive not found: ${driveId}`, { location: 'driveId' })
      return ok(driveResource(drive))
    }),
  ]
}

function listDrives(world: World, call: Call) {
  const { sub } = driveCaller(world, call, 'DriveDrives.List')
  const { items, nextPageToken } = pageOf(world, {
    scope: `drives ${sub}`,
    queryHash: '',
    tokens: neverExpires,
    syncToken: null,
    pageToken: call.query.get('pageToken'),
    pageSize: pageSizeFrom(call.query, { usual: 10, most: 100, name: 'pageSize' }),
    syncable: false,
    rowsSince: () =>
      sharedDrivesOf(world.state, sub).map((drive, index) => ({
        sequence: index + 1,
        item: driveResource(drive),
      })),
  })
  return ok({ kind: 'drive#driveList', ...(nextPageToken !== undefined && { nextPageToken }), drives: items })
}
