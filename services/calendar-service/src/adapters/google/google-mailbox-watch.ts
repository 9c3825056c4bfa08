import { gmail as gmailApi } from 'googleapis/build/src/apis/gmail/index.js'
import { z } from 'zod'
import type { GoogleChannels } from '../../application/ports.ts'
import { callCosts } from '../../domain/call-costs.ts'
import { closeChannel } from './channel-answer.ts'
import { createGoogleCaller, type GoogleApiOptions, http } from './google-call.ts'

const userId = 'me'
const watchSchema = z.object({ expiration: z.coerce.number().int().positive() })

/** Gmail's push: a mailbox has one watch, which publishes to a topic of ours and lasts a week; asking again renews it. */
export function createGoogleMailboxWatch(
  options: GoogleApiOptions & { readonly topicName: string },
): GoogleChannels {
  const { topicName } = options
  const google = createGoogleCaller(options)
  const api = gmailApi({ version: 'v1', rootUrl: google.rootUrl })
  return {
    watch: async ({ accessToken, allowance }) => {
      const cost = { allowance, units: callCosts.gmail.watch }
      const { expiration } = await google.read(watchSchema, cost, (signal) =>
        api.users.watch({ userId, requestBody: { topicName } }, http(accessToken, signal)),
      )
      return { googleResourceId: topicName, expiresAt: new Date(expiration) }
    },
    stop: ({ accessToken, allowance }) =>
      closeChannel(google, { allowance, units: callCosts.gmail.stop }, (signal) =>
        api.users.stop({ userId }, http(accessToken, signal)),
      ),
  }
}
