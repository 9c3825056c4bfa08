import { drive as driveApi } from 'googleapis/build/src/apis/drive/index.js'
import { z } from 'zod'
import type { GoogleChannels } from '../../application/ports.ts'
import { callCosts } from '../../domain/call-costs.ts'
import { ownDrive } from '../../domain/resource-facts.ts'
import { channelSchema, closeChannel, openedChannel, type WebHookOptions } from './channel-answer.ts'
import { createGoogleCaller, http } from './google-call.ts'

/** Drive ends a channel after an hour unless asked for more, and gives a week at most (Drive push guide). */
const lifetimeMs = 7 * 24 * 3_600_000

const units = callCosts.drive.other
const startSchema = z.object({ startPageToken: z.string().min(1) })

/** Google Drive's push channels, one for each change log, through googleapis. */
export function createGoogleDriveChannels(options: WebHookOptions): GoogleChannels {
  const google = createGoogleCaller(options)
  const api = driveApi({ version: 'v3', rootUrl: google.rootUrl })
  return {
    watch: async ({ accessToken, allowance, what, channelId, secret }) => {
      const log = {
        supportsAllDrives: true,
        ...(what.googleId === ownDrive ? {} : { driveId: what.googleId }),
      }
      // Only says where a list would begin; whatever is older is asked for by the sync, from its own token.
      const { startPageToken } = await google.read(startSchema, { allowance, units }, (signal) =>
        api.changes.getStartPageToken(log, http(accessToken, signal)),
      )
      const expiration = String(options.clock.now().getTime() + lifetimeMs)
      const { address } = options
      const requestBody = { id: channelId, token: secret, type: 'web_hook', address, expiration }
      return openedChannel(
        await google.read(channelSchema, { allowance, units }, (signal) =>
          api.changes.watch(
            { ...log, pageToken: startPageToken, includeItemsFromAllDrives: true, requestBody },
            http(accessToken, signal),
          ),
        ),
      )
    },
    stop: ({ accessToken, allowance, channelId, googleResourceId }) =>
      closeChannel(google, { allowance, units }, (signal) =>
        api.channels.stop(
          { requestBody: { id: channelId, resourceId: googleResourceId } },
          http(accessToken, signal),
        ),
      ),
  }
}
