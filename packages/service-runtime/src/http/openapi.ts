import fastifySwagger from '@fastify/swagger'
import { createJsonSchemaTransform } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { HttpApp } from './http-app-type.ts'
import { routeClassOf } from './limit-class.ts'
import { problemSchema } from './problem.ts'

/** In the document, which of a caller's limits an operation counts against. */
const limitNote = 'x-rate-limit'
const hidden = new Set(['/openapi.json', '/metrics'])

/** Serves /openapi.json, generated from the very schemas that validate. */
export function serveOpenApi(app: HttpApp, { name, version }: { name: string; version: string }): void {
  const transform = createJsonSchemaTransform({})
  // Called directly instead of registered: a registered plugin loads later and would miss the routes declared by then.
  fastifySwagger(
    app,
    {
      openapi: {
        openapi: '3.1.0',
        info: { title: name, version },
        components: {
          securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
          schemas: { Problem: z.toJSONSchema(problemSchema) as never },
        },
      },
      transform: (input) => {
        const transformed = transform(input)
        if (hidden.has(input.url)) return { ...transformed, schema: { hide: true } }
        const { config = {}, method } = input.route
        const { access } = config
        const limitClass = routeClassOf(config, String(method))
        return {
          url: transformed.url,
          schema: {
            ...transformed.schema,
            ...(limitClass === null ? {} : { [limitNote]: limitClass }),
            ...(access === 'public'
              ? {}
              : { security: [{ bearer: access === 'user' ? [] : [String(access)] }] }),
          },
        }
      },
      transformObject: (document) => {
        if (!('openapiObject' in document)) return document.swaggerObject
        for (const path of Object.values(document.openapiObject.paths ?? {})) {
          for (const operation of Object.values(path ?? {})) addProblemAnswer(operation)
        }
        return document.openapiObject
      },
    },
    () => undefined,
  )
  app.get(
    '/openapi.json',
    { schema: { hide: true }, config: { access: 'public', limit: 'none' } },
    async () => app.swagger(),
  )
}

function addProblemAnswer(operation: unknown): void {
  if (typeof operation !== 'object' || operation === null || !('responses' in operation)) return
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } }
  operation.responses = {
    ...(operation.responses as object),
    ...(limitNote in operation
      ? {
          429: {
            description: 'Too many requests of this caller; nothing was done',
            headers: { 'Retry-After': { description: 'Seconds', schema: { type: 'integer', minimum: 1 } } },
            content,
          },
        }
      : {}),
    default: { description: 'A problem document (RFC 9457)', content },
  }
}
