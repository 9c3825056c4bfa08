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

describe('an Idempotency-Key while the database goes away', () => {
  let issuer: TestIssuer
  let app: HttpApp
  let down = false
  const kept = createInMemoryIdempotencyStore()
  const alive = async () => {
    if (down) throw runtimeErrors.dependency_unavailable()
  }
  const store: IdempotencyStore = {
    // The claim is stored; what is lost is the answer that says so.
    claim: async (request) => {
      const claim = await kept.claim(request)
      await alive()
      return claim
    },
    finish: async (request, answer) => alive().then(() => kept.finish(request, answer)),
    release: async (request) => alive().then(() => kept.release(request)),
  }

  beforeAll(async () => {
    issuer = await createTestIssuer()
    app = createHttpApp({
      ...{
        name: 'test-service',
        version: '1.0.0',
        authenticator: issuer.authenticator,
        idempotencyStore: store,
      },
      ...{ logger: createLogger({ name: 'test', level: 'silent' }), metrics: createMetrics('test-service') },
      ...{ health: createHealth({ clock: systemClock }), clock: systemClock, ids: uuidv7Ids },
    })
    const idempotent = { config: { access: 'user', idempotent: true } } as const
    app.post('/v1/things', idempotent, async () => ({ done: true }))
    app.post('/v1/things-at-a-bad-time', idempotent, async () => {
      if (failures++ > 0) return { done: true }
      down = true
      throw runtimeErrors.dependency_unavailable()
    })
    await app.ready()
  })
  afterAll(() => app.close())

  let failures = 0
  const post = async (url: string) => {
    const headers = { authorization: await issuer.bearer('alice'), 'idempotency-key': 'k' }
    const { statusCode, body } = await app.inject({ method: 'POST', url, headers })
    return { statusCode, code: JSON.parse(body).code }
  }
  const unavailable = { statusCode: 503, code: 'dependency_unavailable' }

  it('is free again soon after, though the database that refused the request refused to release it too', async () => {
    expect(await post('/v1/things-at-a-bad-time')).toEqual(unavailable)
    down = false
    await expect
      .poll(() => post('/v1/things-at-a-bad-time'), { timeout: 5_000 })
      .toMatchObject({ statusCode: 200 })
  })

  it('is free again soon after, though nobody heard that the claim was stored', async () => {
    down = true
    expect(await post('/v1/things')).toEqual(unavailable)
    down = false
    expect(await post('/v1/things')).toMatchObject({ code: 'idempotent_request_in_flight' })
    await expect.poll(() => post('/v1/things'), { timeout: 5_000 }).toMatchObject({ statusCode: 200 })
  })
})
