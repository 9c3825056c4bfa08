import type { HttpApp, Metrics } from '@evergrant/service-runtime'
import { z } from 'zod'
import type { NotePush, PushMessage } from '../../application/note-push.ts'

const text = z.string().min(1).max(1000)
const headersSchema = z.looseObject({
  'x-goog-channel-id': z.uuid(),
  'x-goog-channel-token': text,
  'x-goog-resource-id': text,
  'x-goog-resource-state': text,
  'x-goog-message-number': z.coerce.number().int().positive(),
})

/** Where Google says that something changed. Everybody gets the same empty answer, so nobody learns which channels there
 * are; whatever is in the body is not even read. */
export function notificationRoutes(
  app: HttpApp,
  { notePush, metrics }: { readonly notePush: NotePush; readonly metrics: Metrics },
): void {
  const heard = metrics.counter({
    name: 'evergrant_push_notifications_total',
    help: 'Push notifications by what became of them.',
    labelNames: ['outcome'],
  })
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_, payload, done) => {
      payload.resume()
      done(null)
    })
    scope.post(
      '/v1/google/notifications',
      { schema: { response: { 204: z.null() } }, config: { access: 'public' } },
      async (request, reply) => {
        const message = messageFrom(request.headers)
        heard.inc({ outcome: message === null ? 'unreadable' : await notePush(message) })
        return reply.code(204).send(null)
      },
    )
  })
}

function messageFrom(headers: object): PushMessage | null {
  const { data } = headersSchema.safeParse(headers)
  if (data === undefined) return null
  return {
    channelId: data['x-goog-channel-id'],
    secret: data['x-goog-channel-token'],
    googleResourceId: data['x-goog-resource-id'],
    state: data['x-goog-resource-state'],
    messageNumber: data['x-goog-message-number'],
  }
}
