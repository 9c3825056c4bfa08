import { calendar as calendarApi } from 'googleapis/build/src/apis/calendar/index.js'
import type { GoogleChannels } from '../../application/ports.ts'
import { callCosts } from '../../domain/call-costs.ts'
import { channelSchema, closeChannel, openedChannel, type WebHookOptions } from './channel-answer.ts'
import { createGoogleCaller, http } from './google-call.ts'

const units = callCosts.calendar.request

/** Google Calendar's push channels, through googleapis. */
export function createGoogleChannels(options: WebHookOptions): GoogleChannels {
  const google = createGoogleCaller(options)
  const api = calendarApi({ version: 'v3', rootUrl: google.rootUrl })
  return {
    watch: async ({ accessToken, allowance, what, channelId, secret }) => {
      const requestBody = { id: channelId, token: secret, type: 'web_hook', address: options.address }
      return openedChannel(
        await google.read(channelSchema, { allowance, units }, (signal) =>
          what.kind === 'calendar'
            ? api.events.watch({ calendarId: what.googleId, requestBody }, http(accessToken, signal))
            : api.calendarList.watch({ requestBody }, http(accessToken, signal)),
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
