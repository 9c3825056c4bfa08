import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createTestIssuer, type TestIssuer } from '../auth/test-issuer.ts'
import { systemClock, uuidv7Ids } from '../clock-and-ids.ts'
import { createHealth } from '../health.ts'
import { createInMemoryIdempotencyStore } from '../idempotency/in-memory-idempotency-store.ts'
import { createLogger } from '../log/logger.ts'
import { createMetrics } from '../metrics.ts'
import { createHttpApp } from './http-app.ts'
import type { HttpApp } from './http-app-type.ts'
import { pageQuerySchema } from './pages.ts'
import { callerOf, metadataOf } from './request-context.ts'

let issuer: TestIssuer
let app: HttpApp
let made = 0
const health = createHealth({ clock: systemClock })

const openApp = () =>
  createHttpApp({
    name: 'test-service',
    quotas: null,
    version: '1.0.0',
    logger: createLogger({ name: 'test', level: 'silent' }),
    authenticator: issuer.authenticator,
    idempotencyStore: createInMemoryIdempotencyStore(),
    health,
    metrics: createMetrics('test-service'),
    clock: systemClock,
    ids: uuidv7Ids,
  })

beforeAll(async () => {
  issuer = await createTestIssuer()
  app = openApp()
  app.get(
    '/v1/things',
    {
      config: { access: 'user' },
      schema: { querystring: pageQuerySchema, response: { 200: z.looseObject({}) } },
    },
    async (request) => ({
      caller: callerOf(request),
      metadata: metadataOf(request),
      limit: request.query.limit,
    }),
  )
  app.post(
    '/v1/things',
    {
      config: { access: 'user', idempotent: true },
      schema: {
        body: z.strictObject({
          name: z.string(),
          parts: z.array(z.strictObject({ size: z.number() })).optional(),
        }),
        response: { 201: z.object({ n: z.number() }) },
      },
    },
    async (_request, reply) => reply.code(201).send({ n: ++made }),
  )
  app.get('/v1/things/:id', { config: { access: 'admin' } }, async () => ({ ok: true }))
  app.get('/v1/broken', { config: { access: 'public' } }, async () => {
    throw new Error('select * from secrets where password = 1')
  })
  app.post('/v1/pushes', { config: { access: 'public' } }, async () => ({}))
  await app.ready()
})

afterAll(async () => {
  await app.close()
  await issuer.close()
})

const alice = async (scope?: string) => ({
  authorization: await issuer.bearer('alice', scope === undefined ? {} : { scope }),
})

describe('an HTTP app', () => {
  it('answers an unknown path with a 404 problem document', async () => {
    const answer = await app.inject('/v1/nothing?x=1')
    expect(answer.statusCode).toBe(404)
    expect(answer.headers['content-type']).toMatch('application/problem+json')
    expect(answer.json()).toEqual({
      type: 'urn:evergrant:problem:unknown_path',
      title: 'Unknown path',
      status: 404,
      detail: expect.any(String),
      code: 'unknown_path',
      requestId: answer.headers['x-request-id'],
    })
  })
  it('answers a known path with another method 405 and says what it takes', async () => {
    const answer = await app.inject({ method: 'PUT', url: '/v1/things' })
    expect([answer.statusCode, answer.headers.allow]).toEqual([405, 'GET, HEAD, POST'])
    expect(answer.json().code).toBe('method_not_allowed')
    const one = await app.inject({ method: 'DELETE', url: '/v1/things/17?a=b' })
    expect([one.statusCode, one.headers.allow]).toEqual([405, 'GET, HEAD'])
  })
  it('refuses a body over 256 KiB with 413', async () => {
    const payload = { name: 'x'.repeat(256 * 1024) }
    const answer = await app.inject({ method: 'POST', url: '/v1/things', payload, headers: await alice() })
    expect([answer.statusCode, answer.json().code]).toEqual([413, 'body_too_large'])
  })
  it.each(['text/plain', 'application/xml', 'application/x-www-form-urlencoded'])(
    'refuses a body of %s with 415',
    async (type) => {
      const headers = { ...(await alice()), 'content-type': type }
      const answer = await app.inject({ method: 'POST', url: '/v1/things', payload: 'a=b', headers })
      expect([answer.statusCode, answer.json().code]).toEqual([415, 'unsupported_media_type'])
    },
  )
  it('names every wrong field of a body, unknown ones too', async () => {
    const payload = { extra: 1, parts: [{ size: 'big', colour: 1 }] }
    const answer = await app.inject({ method: 'POST', url: '/v1/things', payload, headers: await alice() })
    expect(answer.statusCode).toBe(400)
    const paths = answer.json().fields.map(({ path }: { path: string }) => path)
    expect(paths.sort()).toEqual(['extra', 'name', 'parts.0.colour', 'parts.0.size'])
  })
  it('takes ids as long as Google makes them', async () => {
    const answer = await app.inject({ url: `/v1/things/${'a'.repeat(1024)}`, headers: await alice('admin') })
    expect(answer.statusCode).toBe(200)
  })
  it('names the wrong query parameter', async () => {
    const answer = await app.inject({ url: '/v1/things?limit=201', headers: await alice() })
    expect([answer.statusCode, answer.json().fields[0].path]).toEqual([400, 'limit'])
  })
  it.each(['{"name":', '[', '{"__proto__":{"x":1},"name":"a"}'])(
    'refuses %s as bad JSON',
    async (payload) => {
      const headers = { ...(await alice()), 'content-type': 'application/json' }
      const answer = await app.inject({ method: 'POST', url: '/v1/things', payload, headers })
      expect([answer.statusCode, answer.json().code]).toEqual([400, 'invalid_json'])
    },
  )
  it('treats an empty body as no body', async () => {
    const headers = { ...(await alice()), 'content-type': 'application/json' }
    const answer = await app.inject({ method: 'POST', url: '/v1/things', headers })
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'invalid_input'])
  })
  it.each(['application/json; utf-8', 'application/json', 'text/plain', '*'])(
    'takes an empty body that claims to be %s for no body',
    async (type) => {
      const headers = { 'content-type': type, 'content-length': '0' }
      expect((await app.inject({ method: 'POST', url: '/v1/pushes', headers })).statusCode).toBe(200)
    },
  )
  it('refuses a broken path encoding with 400', async () => {
    const answer = await app.inject('/v1/things/%zz')
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'invalid_request'])
  })
  it('lets nothing of a defect out', async () => {
    const answer = await app.inject('/v1/broken')
    expect([answer.statusCode, answer.json().code]).toEqual([500, 'internal_error'])
    expect(answer.body).not.toMatch(/select|password|stack|at /)
  })
  it.each([
    ['nobody decided the access of', {}, /config\.access is missing/],
    [
      'is to store an answer with a secret',
      { access: 'user', idempotent: true, secret: true },
      /never stored/,
    ],
    [
      'keeps answers for callers it does not know',
      { access: 'public', idempotent: true },
      /belong to callers/,
    ],
  ] as const)('refuses to declare a route that %s', (_what, config, message) => {
    expect(() => openApp().get('/v1/wrong', { config }, async () => 'x')).toThrow(message)
  })
})

describe('authentication', () => {
  it('challenges a request without a token', async () => {
    const answer = await app.inject('/v1/things')
    expect([answer.statusCode, answer.json().code]).toEqual([401, 'authentication_required'])
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="evergrant"')
  })
  it('refuses before it reads the body', async () => {
    const answer = await app.inject({
      method: 'POST',
      url: '/v1/things',
      payload: 'x',
      headers: { 'content-type': 'text/plain' },
    })
    expect(answer.statusCode).toBe(401)
  })
  it('tells a caller without the scope which one is missing', async () => {
    const answer = await app.inject({ url: '/v1/things/1', headers: await alice('tokens:read') })
    expect([answer.statusCode, answer.json().code]).toEqual([403, 'insufficient_scope'])
    expect(answer.headers['www-authenticate']).toContain('scope="admin"')
  })
  it('admits a caller with the scope', async () => {
    const answer = await app.inject({ url: '/v1/things/1', headers: await alice('x admin') })
    expect(answer.statusCode).toBe(200)
  })
  it('hands the caller, the request id and the trace to the route', async () => {
    const requestId = '0195d2a0-7c1e-7b0a-9a2b-1c2d3e4f5a6b'
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const headers = { ...(await alice('a b')), 'x-request-id': requestId, traceparent }
    const answer = await app.inject({ url: '/v1/things', headers })
    expect(answer.headers['x-request-id']).toBe(requestId)
    expect(answer.json()).toEqual({
      caller: { sub: 'alice', scopes: ['a', 'b'] },
      limit: 50,
      metadata: {
        actor: { kind: 'user', id: 'alice' },
        correlationId: requestId,
        traceparent: expect.stringMatching(
          /^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[0-9a-f]{16}-01$/,
        ),
      },
    })
  })
  it('mints a request id and a trace when the given ones are not valid', async () => {
    const headers = { ...(await alice()), 'x-request-id': 'evil\tid', traceparent: '00-0-0-01' }
    const answer = await app.inject({ url: '/v1/things', headers })
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
    expect(answer.json().metadata.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
  })
})

describe('the operator surface', () => {
  it('describes the routes from the schemas that validate', async () => {
    const document = (await app.inject('/openapi.json')).json()
    expect(document.openapi).toBe('3.1.0')
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(['/v1/things', '/v1/things/{id}', '/health/ready']),
    )
    const { post } = document.paths['/v1/things']
    expect(post.requestBody.content['application/json'].schema.required).toEqual(['name'])
    expect(post.security).toEqual([{ bearer: [] }])
    expect(document.paths['/v1/things/{id}'].get.security).toEqual([{ bearer: ['admin'] }])
    expect(post.responses.default.content['application/problem+json']).toBeDefined()
    expect(document.paths['/metrics']).toBeUndefined()
  })
  it('says per capability why it is not ready', async () => {
    expect((await app.inject('/health/ready')).statusCode).toBe(200)
    health.capability('token.read', () => ({ status: 'unavailable', reason: 'database_unreachable' }))
    health.capability('connect', () => {
      throw new Error('postgres://u:p@h')
    })
    const answer = await app.inject('/health/ready')
    expect(answer.statusCode).toBe(503)
    expect(answer.json()).toEqual({
      service: 'test-service',
      status: 'not_ready',
      capabilities: [
        {
          name: 'token.read',
          status: 'unavailable',
          reason: 'database_unreachable',
          since: expect.any(String),
        },
        { name: 'connect', status: 'unavailable', reason: 'check_failed', since: expect.any(String) },
      ],
    })
    expect((await app.inject('/health/live')).statusCode).toBe(200)
  })
  it('claims nothing about a schema where there is none', async () => {
    expect((await app.inject('/health/schema')).statusCode).toBe(404)
  })
  it('measures by route, never by path', async () => {
    await app.inject({ url: '/v1/things/17', headers: await alice('admin') })
    const text = (await app.inject('/metrics')).body
    expect(text).toContain('route="/v1/things/:id"')
    expect(text).not.toContain('/v1/things/17')
    expect(text).toContain('nodejs_eventloop_lag')
  })
})
