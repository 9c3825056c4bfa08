import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestIssuer, type TestIssuer } from '../auth/test-issuer.ts'
import { systemClock, uuidv7Ids } from '../clock-and-ids.ts'
import { runtimeErrors } from '../errors.ts'
import { createHealth } from '../health.ts'
import type { IdempotencyStore } from '../idempotency/idempotency-store.ts'
import { createInMemoryIdempotencyStore } from '../idempotency/in-memory-idempotency-store.ts'
import { createLogger } from '../log/logger.ts'
import { createMetrics } from '../metrics.ts'
import { createHttpApp } from './http-app.ts'
import type { HttpApp } from './http-app-type.ts'

let issuer: TestIssuer
let app: HttpApp
let databaseIsDown = false
let keys = 0
let made = 0
let slowRequests = 0
const refused = new Set<string>()
let waiting: Promise<void> | undefined

const kept = createInMemoryIdempotencyStore()
const reachable = async () => {
  if (databaseIsDown) throw runtimeErrors.dependency_unavailable()
}
const store: IdempotencyStore = {
  // A claim is stored before the connection breaks: what is lost is the answer that says so.
  claim: async (request) => {
    const claim = await kept.claim(request)
    await reachable()
    return claim
  },
  finish: (request, answer) => reachable().then(() => kept.finish(request, answer)),
  release: (request) => reachable().then(() => kept.release(request)),
}

beforeAll(async () => {
  issuer = await createTestIssuer()
  app = createHttpApp({
    ...{ name: 'test-service', version: '1.0.0', health: createHealth({ clock: systemClock }) },
    ...{ logger: createLogger({ name: 'test', level: 'silent' }), metrics: createMetrics('test-service') },
    ...{ authenticator: issuer.authenticator, idempotencyStore: store, clock: systemClock, ids: uuidv7Ids },
    quotas: null,
  })
  const idempotent = { config: { access: 'user', idempotent: true } } as const
  app.post('/things', idempotent, async (_, reply) => reply.code(201).send({ n: ++made }))
  app.post('/slow-things', idempotent, async (_, reply) => {
    slowRequests++
    await waiting
    return reply.code(201).send({ n: ++made })
  })
  /** Refuses each key once. */
  const refuseOnce = (key: unknown) => {
    if (refused.has(String(key))) return
    refused.add(String(key))
    throw runtimeErrors.dependency_unavailable()
  }
  app.post('/things-of-a-busy-service', idempotent, async (request, reply) => {
    refuseOnce(request.headers['idempotency-key'])
    return reply.code(201).send({ n: ++made })
  })
  app.post('/things-as-the-database-dies', idempotent, async (request, reply) => {
    databaseIsDown = !refused.has(String(request.headers['idempotency-key']))
    refuseOnce(request.headers['idempotency-key'])
    return reply.code(201).send({ n: ++made })
  })
  await app.ready()
})
afterAll(() => app.close())

const newKey = () => `k${++keys}`
const post = async (url: string, key: string, { body = {}, sub = 'alice' } = {}) => {
  const headers = { authorization: await issuer.bearer(sub), 'idempotency-key': key }
  return app.inject({ method: 'POST', url, payload: body, headers })
}
const statusOf = async (...args: Parameters<typeof post>) => (await post(...args)).statusCode
const codeOf = async (...args: Parameters<typeof post>) => (await post(...args)).json().code

describe('an Idempotency-Key', () => {
  it('gets the first answer again, without doing it again', async () => {
    const key = newKey()
    const first = await post('/things', key)
    const second = await post('/things', key)
    expect([first.statusCode, second.statusCode]).toEqual([201, 201])
    expect(second.json()).toEqual(first.json())
    expect(second.headers['idempotency-replayed']).toBe('true')
    expect(second.headers['content-type']).toBe(first.headers['content-type'])
  })

  it('is refused for another body', async () => {
    const key = newKey()
    await post('/things', key, { body: { name: 'a' } })
    const other = await post('/things', key, { body: { name: 'b' } })
    expect([other.statusCode, other.json().code]).toEqual([422, 'idempotency_key_reused'])
  })

  it('belongs to its caller alone', async () => {
    const key = newKey()
    const mine = await post('/things', key)
    expect((await post('/things', key, { sub: 'bob' })).json()).not.toEqual(mine.json())
  })

  it('is free again after a refusal, whose cause may be gone by then', async () => {
    const key = newKey()
    expect(await statusOf('/things-of-a-busy-service', key)).toBe(503)
    expect(await statusOf('/things-of-a-busy-service', key)).toBe(201)
  })

  it('makes a second request at the same time wait for the first', async () => {
    let letGo: () => void = () => undefined
    waiting = new Promise<void>((resolve) => {
      letGo = resolve
    })
    const key = newKey()
    const first = post('/slow-things', key)
    await expect.poll(() => slowRequests).toBe(1)
    const second = await post('/slow-things', key)
    expect([second.statusCode, second.json().code]).toEqual([409, 'idempotent_request_in_flight'])
    expect(second.headers['retry-after']).toBe('1')
    letGo()
    expect((await first).statusCode).toBe(201)
  })

  it('must be visible ASCII', async () => {
    const answer = await post('/things', 'a key')
    expect([answer.statusCode, answer.json().fields[0].path]).toEqual([400, 'Idempotency-Key'])
  })

  it('is free again soon after the database refused first the request and then its release', async () => {
    const key = newKey()
    expect(await codeOf('/things-as-the-database-dies', key)).toBe('dependency_unavailable')
    databaseIsDown = false
    await expect.poll(() => statusOf('/things-as-the-database-dies', key), { timeout: 5_000 }).toBe(201)
  })

  it('is free again soon after the connection broke on the answer that it is claimed', async () => {
    const key = newKey()
    databaseIsDown = true
    expect(await codeOf('/things', key)).toBe('dependency_unavailable')
    databaseIsDown = false
    expect(await codeOf('/things', key)).toBe('idempotent_request_in_flight')
    await expect.poll(() => statusOf('/things', key), { timeout: 5_000 }).toBe(201)
  })
})
