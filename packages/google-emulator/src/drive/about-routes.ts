import { apiCaller } from '../http/api-caller.ts'
import { ok } from '../http/call.ts'
import { googleError } from '../http/google-error.ts'
import { type Route, route } from '../http/router.ts'
import type { World } from '../world.ts'

const prefix = 'https://www.googleapis.com/auth/drive'
const scopes = [
  prefix,
  ...['appdata', 'file', 'metadata', 'metadata.readonly', 'readonly'].map((name) => `${prefix}.${name}`),
]

/** about.get; Drive is the one API that insists on `fields`. */
export function driveRoutes(world: World): Route[] {
  return [
    route('GET', '/drive/v3/about', (call) => {
      const account = apiCaller(world, call, {
        scopes,
        service: 'drive.googleapis.com',
        name: 'google.apps.drive.v3.DriveAbout.Get',
      })
      if (!call.query.has('fields')) {
        throw googleError(400, 'required', "The 'fields' parameter is required for this method.", {
          location: 'fields',
        })
      }
      const user = {
        kind: 'drive#user',
        displayName: account.name,
        me: true,
        permissionId: account.sub,
        emailAddress: account.email,
      }
      return ok({ kind: 'drive#about', user, storageQuota: { limit: '16106127360', usage: '0' } })
    }),
  ]
}
