import { DomainError } from '@evergrant/decider'
import { type HttpApp, metadataOf, problemFrom } from '@evergrant/service-runtime'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type BeginAuthorizationDeps, beginAuthorization } from '../../application/begin-authorization.ts'
import { type ReceiveCallbackDeps, receiveCallback } from '../../application/receive-callback.ts'
import { authorizationView } from '../../domain/authorization-view.ts'
import { oauthErrors } from '../../domain/errors.ts'
import { returnAddress } from '../../domain/return-address.ts'
import type { BrowserCookie } from './browser-cookie.ts'
import { browserHeaders, sendPage } from './page.ts'
import { resultText } from './result-text.ts'

export type BrowserRoutesDeps = BeginAuthorizationDeps &
  ReceiveCallbackDeps & { readonly cookie: BrowserCookie }

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** What the user's browser opens. Parameters come from anywhere, so they are read by hand and refused with a page. */
export function browserRoutes(app: HttpApp, deps: BrowserRoutesDeps): void {
  const config = { access: 'public' } as const
  const tags = ['browser']
  // A chat program that looks at a link with HEAD must not use it up.
  const exposeHeadRoute = false
  app.get<{ Params: { id: string } }>(
    '/v1/authorizations/:id/begin',
    { config, exposeHeadRoute, schema: { tags } },
    async (request, reply) =>
      withPages(request, reply, async () => {
        const authorizationId = request.params.id
        const tickets = queryOf(request).getAll('ticket')
        const [ticket] = tickets
        if (!uuid.test(authorizationId) || tickets.length !== 1 || !ticket) {
          throw oauthErrors.authorization_not_found()
        }
        const link = { authorizationId: authorizationId.toLowerCase(), ticket }
        const { location, browserSecret } = await beginAuthorization(deps, link, metadataOf(request))
        return reply
          .headers(browserHeaders)
          .header('set-cookie', deps.cookie.add(browserSecret, request.headers.cookie))
          .redirect(location, 302)
      }),
  )
  app.get(
    '/v1/oauth/google/callback',
    { config, exposeHeadRoute, schema: { tags } },
    async (request, reply) =>
      withPages(request, reply, async () => {
        const browserSecrets = deps.cookie.read(request.headers.cookie)
        const callback = { parameters: queryOf(request), browserSecrets }
        const state = await receiveCallback(deps, callback, metadataOf(request))
        if (state.status === 'none') throw oauthErrors.authorization_not_found()
        const view = authorizationView(state, deps.clock.now())
        reply.headers(browserHeaders)
        if (state.returnTo !== null)
          return reply.redirect(returnAddress(state.returnTo, view.id, view.status), 303)
        return sendPage(reply, { status: 200, ...resultText(view), requestId: request.id })
      }),
  )
}

/** Refusals become pages, with the status they would have as a problem document. */
async function withPages(
  request: FastifyRequest,
  reply: FastifyReply,
  serve: () => Promise<FastifyReply>,
): Promise<FastifyReply> {
  try {
    return await serve()
  } catch (error) {
    if (!(error instanceof DomainError) || error.kind === 'internal') throw error
    request.log.info({ requestId: request.id, err: error }, 'a browser was refused')
    const { problem, headers } = problemFrom(error, request.id)
    const retryAfter = headers['retry-after']
    if (retryAfter !== undefined) reply.header('retry-after', retryAfter)
    const { status, detail } = problem
    return sendPage(reply, { status, title: 'This did not work', text: detail, requestId: request.id })
  }
}

function queryOf(request: FastifyRequest): URLSearchParams {
  const question = request.url.indexOf('?')
  return new URLSearchParams(question < 0 ? '' : request.url.slice(question + 1))
}
