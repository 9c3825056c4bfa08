import type { HttpApp } from '@evergrant/service-runtime'
import scalar from '@scalar/fastify-api-reference'
import { fastify } from 'fastify'
import { z } from 'zod'
import { gatewayErrors } from '../../domain/errors.ts'
import { type ServiceName, serviceNames } from '../../domain/owner-of-path.ts'
import { sendPage, sourceHash } from './html-page.ts'

export interface DocsRoutes {
  readonly upstreams: Readonly<Record<ServiceName, readonly string[]>>
  readonly fetchOpenApi: (replicaUrl: string) => Promise<unknown>
}

const access = { config: { access: 'public', limit: 'none' } } as const
const openApiSchema = z.looseObject({ paths: z.record(z.string(), z.unknown()) })

/** /docs/: the API reference of all three services, with every asset served from here. */
export async function docsRoutes(app: HttpApp, { upstreams, fetchOpenApi }: DocsRoutes): Promise<void> {
  const { html, script } = await renderReference()
  const inlineScripts = [...html.matchAll(/<script[^>]*>([\s\S]+?)<\/script>/g)].map(([, code]) => code ?? '')
  // Scalar styles itself at run time, so inline styles stay allowed; scripts are ours or exactly the one in the page.
  const policy = [
    "default-src 'none'",
    `script-src 'self' ${inlineScripts.map(sourceHash).join(' ')}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "worker-src 'self' blob:",
  ].join('; ')

  app.get('/docs', { ...access, schema: { hide: true } }, async (_request, reply) =>
    reply.redirect('/docs/', 308),
  )
  app.get('/docs/', { ...access, schema: { hide: true } }, async (_request, reply) =>
    sendPage(reply, html, policy),
  )
  app.get('/docs/js/scalar.js', { ...access, schema: { hide: true } }, async (_request, reply) =>
    reply
      .headers({ 'content-type': 'text/javascript; charset=utf-8', 'cache-control': 'public, max-age=3600' })
      .send(script),
  )
  app.get(
    '/docs/openapi/:service',
    { ...access, schema: { hide: true, params: z.object({ service: z.enum(serviceNames) }) } },
    async (request) => {
      for (const url of upstreams[request.params.service]) {
        const document = openApiSchema.safeParse(await fetchOpenApi(url))
        if (document.success) return publicPart(document.data)
      }
      throw gatewayErrors.service_unavailable({ retryAfterSeconds: 1 })
    },
  )
}

/** What can be reached through the gateway; a service's operator surface cannot. */
function publicPart(document: z.infer<typeof openApiSchema>): object {
  const paths = Object.entries(document.paths).filter(([path]) => path.startsWith('/v1/'))
  return { ...document, paths: Object.fromEntries(paths), servers: [{ url: '/' }] }
}

/** Scalar's plugin declares routes of its own; it renders into a private instance, and we serve what it made. */
async function renderReference(): Promise<{ html: string; script: string }> {
  const renderer = fastify()
  await renderer.register(scalar, {
    routePrefix: '/docs',
    configuration: {
      pageTitle: 'Evergrant API',
      sources: serviceNames.map((name) => ({ title: name, slug: name, url: `/docs/openapi/${name}` })),
      withDefaultFonts: false,
      telemetry: false,
      hideClientButton: true,
    },
  })
  const [html, script] = await Promise.all([renderer.inject('/docs/'), renderer.inject('/docs/js/scalar.js')])
  await renderer.close()
  return { html: html.body, script: script.body }
}
