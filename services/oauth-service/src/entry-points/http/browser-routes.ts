import { type HttpApp, metadataOf } from '@evergrant/service-runtime'
import type { FastifyRequest } from 'fastify'
import { type BeginAuthorizationDeps, beginAuthorization } from '../../application/begin-authorization.ts'
import { beginUrl } from '../../application/links.ts'
import { answerOf } from '../../application/read-authorization.ts'
import { type ReceiveCallbackDeps, receiveCallback } from '../../application/receive-callback.ts'
import { requestAnother } from '../../application/request-another.ts'
import type { RequestAuthorizationDeps } from '../../application/request-authorization.ts'
import { oauthErrors } from '../../domain/errors.ts'
import { returnAddress } from '../../domain/return-address.ts'
import type { BrowserCookie } from './browser-cookie.ts'
import { queryOf, withPages } from './browser-page.ts'
import { browserHeaders, sendPage } from './page.ts'
import { resultText } from './result-text.ts'

export type BrowserRoutesDeps = BeginAuthorizationDeps &
  ReceiveCallbackDeps &
  RequestAuthorizationDeps & { readonly cookie: BrowserCookie }

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

// A chat program that looks at a link with HEAD must not use it up.
const options = {
  config: { access: 'public' },
  exposeHeadRoute: false,
  schema: { tags: ['browser'] },
} as const

/** What the user's browser opens. Parameters come from anywhere, so they are read by hand and refused with a page. Nothing
 * is ever posted here: every step is a link that works once, or only in the browser it was made for. */
export function browserRoutes(app: HttpApp, deps: BrowserRoutesDeps): void {
  app.get<{ Params: { id: string } }>('/v1/authorizations/:id/begin', options, async (request, reply) =>
    withPages(request, reply, async () => {
      const { location, browserSecret } = await beginAuthorization(deps, linkOf(request), metadataOf(request))
      return reply
        .headers(browserHeaders)
        .header('set-cookie', deps.cookie.add(browserSecret, request.headers.cookie))
        .redirect(location, 302)
    }),
  )
  app.get<{ Params: { id: string } }>('/v1/authorizations/:id/another', options, async (request, reply) =>
    withPages(request, reply, async () => {
      const browserSecrets = deps.cookie.read(request.headers.cookie)
      const link = { ...linkOf(request), service: queryOf(request).get('service'), browserSecrets }
      const { authorizationUrl } = await requestAnother(deps, link, metadataOf(request))
      return reply.headers(browserHeaders).redirect(authorizationUrl, 303)
    }),
  )
  app.get('/v1/oauth/google/callback', options, async (request, reply) =>
    withPages(request, reply, async () => {
      const browserSecrets = deps.cookie.read(request.headers.cookie)
      const callback = { parameters: queryOf(request), browserSecrets }
      const state = await receiveCallback(deps, callback, metadataOf(request))
      if (state.status === 'none') throw oauthErrors.authorization_not_found()
      reply.headers(browserHeaders)
      const { authorizationId, returnTo } = state
      if (state.status === 'requested') {
        const ticket = deps.oneTimeSecrets.ticketOf(authorizationId, 'begin_again')
        return reply.redirect(beginUrl(deps.publicUrl, authorizationId, ticket), 303)
      }
      const answer = answerOf(deps, state)
      if (returnTo !== null) return reply.redirect(returnAddress(returnTo, answer.view), 303)
      return sendPage(reply, { status: 200, ...resultText(answer), requestId: request.id })
    }),
  )
}

/** A link with exactly one ticket; everything else leads nowhere.
 * @throws DomainError `authorization_not_found`. */
function linkOf(request: FastifyRequest<{ Params: { id: string } }>) {
  const authorizationId = request.params.id
  const tickets = queryOf(request).getAll('ticket')
  const [ticket] = tickets
  if (!uuid.test(authorizationId) || tickets.length !== 1 || !ticket) {
    throw oauthErrors.authorization_not_found()
  }
  return { authorizationId: authorizationId.toLowerCase(), ticket }
}
