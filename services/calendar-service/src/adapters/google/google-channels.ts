import { calendar as calendarApi } from 'googleapis/build/src/apis/calendar/index.js'
import { z } from 'zod'
import type { GoogleChannels } from '../../application/ports.ts'
import { SyncObstacle } from '../../domain/sync-obstacle.ts'
import { createGoogleCaller, type GoogleApiOptions, http } from './google-call.ts'

const channelSchema = z.looseObject({
  resourceId: z.string().min(1),
  // Milliseconds since the epoch, in text.
  expiration: z.coerce.number().int().positive().nullish(),
})

/** Google Calendar's push channels, through googleapis. */
export function createGoogleChannels(options: GoogleApiOptions): GoogleChannels {
  const google = createGoogleCaller(options)
  const api = calendarApi({ version: 'v3', rootUrl: google.rootUrl })
  return {
    watch: async ({ accessToken, what, channelId, secret, address }) => {
      const requestBody = { id: channelId, token: secret, type: 'web_hook', address }
      const { resourceId, expiration } = await google.read(channelSchema, (signal) =>
        what.kind === 'calendar'
          ? api.events.watch({ calendarId: what.googleId, requestBody }, http(accessToken, signal))
          : api.calendarList.watch({ requestBody }, http(accessToken, signal)),
      )
      const expiresAt = expiration == null ? null : new Date(expiration)
      return { googleResourceId: resourceId, expiresAt }
    },
    stop: async ({ accessToken, channelId, googleResourceId }) => {
      const requestBody = { id: channelId, resourceId: googleResourceId }
      try {
        await google.read(z.unknown(), (signal) =>
          api.channels.stop({ requestBody }, http(accessToken, signal)),
        )
      } catch (error) {
        if (!(error instanceof SyncObstacle) || error.word !== 'not_found') throw error
      }
    },
  }
}
