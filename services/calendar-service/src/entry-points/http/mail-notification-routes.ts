import { type Authenticator, type HttpApp, type Metrics, runtimeErrors } from '@evergrant/service-runtime'
import { z } from 'zod'
import type { MailPushMessage, NoteMailPush } from '../../application/note-mail-push.ts'

// A push subscription wraps the message; what Gmail says is in `data`, as JSON in base64.
const envelopeSchema = z.looseObject({ message: z.looseObject({ data: z.base64().max(10_000) }) })
const messageSchema = z.looseObject({
  emailAddress: z.email().max(320),
  historyId: z.union([z.string().regex(/^\d{1,18}$/), z.number().int().positive()]).transform(String),
})

/** Where Pub/Sub brings what Gmail published. Only the service account that our subscription signs as is believed; what can
 * never be read is done with, or it would come again for days. */
export function mailNotificationRoutes(
  app: HttpApp,
  parts: {
    readonly authenticator: Authenticator
    readonly serviceAccount: string
    readonly noteMailPush: NoteMailPush
    readonly metrics: Metrics
  },
): void {
  const { authenticator, serviceAccount, noteMailPush, metrics } = parts
  const heard = metrics.counter({
    name: 'evergrant_mail_notifications_total',
    help: 'Notifications of Gmail by what became of them.',
    labelNames: ['outcome'],
  })
  const speaker = async (authorization: string | undefined) => {
    const { email } = await authenticator.authenticate(authorization)
    if (email !== serviceAccount) throw runtimeErrors.invalid_token()
  }
  app.post(
    '/v1/google/notifications/gmail',
    { schema: { body: z.unknown(), response: { 204: z.null() } }, config: { access: 'public' } },
    async (request, reply) => {
      await speaker(request.headers.authorization).catch((error: unknown) => {
        heard.inc({ outcome: 'refused' })
        throw error
      })
      const message = messageFrom(request.body)
      heard.inc({ outcome: message === null ? 'unreadable' : await noteMailPush(message) })
      return reply.code(204).send(null)
    },
  )
}

function messageFrom(body: unknown): MailPushMessage | null {
  const { data: envelope } = envelopeSchema.safeParse(body)
  if (envelope === undefined) return null
  try {
    const text = Buffer.from(envelope.message.data, 'base64').toString('utf8')
    return messageSchema.safeParse(JSON.parse(text)).data ?? null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
