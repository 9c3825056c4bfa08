import { readConsole } from '@evergrant/console'
import type { HttpApp } from '@evergrant/service-runtime'

/** Nothing but files of ours runs, speaks to nobody but this gateway, and turns no text into markup. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

const headers = {
  // Asked for again each time, so that the files of two releases are never mixed; an unchanged one costs a 304.
  'cache-control': 'no-cache',
  'content-security-policy': policy,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const

/** /console: the files of packages/console, as they are. The page is one more client of the API. */
export function consoleRoutes(app: HttpApp): void {
  const open = { schema: { hide: true }, config: { access: 'public' } } as const
  for (const { path, contentType, etag, body } of readConsole()) {
    app.get(path, open, async (request, reply) => {
      reply.headers({ ...headers, etag })
      if (request.headers['if-none-match'] === etag) return reply.code(304).send()
      return reply.header('content-type', contentType).send(body)
    })
  }
  app.get('/console/', open, async (_request, reply) => reply.redirect('/console', 308))
}
