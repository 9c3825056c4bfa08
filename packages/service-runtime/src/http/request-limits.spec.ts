import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestIssuer, type TestIssuer } from '../auth/test-issuer.ts'
import { uuidv7Ids } from '../clock-and-ids.ts'
import { createHealth } from '../health.ts'
import { createInMemoryIdempotencyStore } from '../idempotency/in-memory-idempotency-store.ts'
import { createLogger } from '../log/logger.ts'
import { createMetrics } from '../metrics.ts'
import { createHttpApp } from './http-app.ts'
import type { HttpApp } from './http-app-type.ts'
import { requestQuotasFrom } from './request-quotas.ts'

const gateway = '10.0.0.1'
let issuer: TestIssuer
let app: HttpApp
let now: number
let made: number
let lines: string[]

const open = (limits = {}) => {
  const clock = { now: () => new Date(now) }
  const opened = createHttpApp({
    ...{ name: 'test-service', version: '1.0.0', health: createHealth({ clock }), clock, ids: uuidv7Ids },
    logger: createLogger({
      name: 'test',
      level: 'info',
      destination: { write: (line) => void lines.push(line) },
    }),
    metrics: createMetrics('test-service'),
    authenticator: issuer.authenticator,
    idempotencyStore: createInMemoryIdempotencyStore(),
    trustedProxies: [gateway],
    quotas: requestQuotasFrom({
      ...{ RATE_LIMIT_COMMANDS_PER_MINUTE: 6, RATE_LIMIT_COMMANDS_BURST: 2 },
      ...{ RATE_LIMIT_READS_PER_SECOND: 2, RATE_LIMIT_STRANGERS_PER_SECOND: 1 },
      ...limits,
    }),
  })
  const user = { access: 'user' } as const
  opened.post('/commands', { config: { ...user, idempotent: true } }, async () => ({ n: ++made }))
  opened.delete('/commands', { config: user }, async () => ({}))
  opened.get('/reads', { config: user }, async () => ({}))
  opened.post('/vends', { config: { ...user, limit: 'reads' } }, async () => ({}))
  opened.post('/pushes', { config: { access: 'public' } }, async () => ({}))
  const forwarded = { access: 'public', limit: 'without-credentials' } as const
  opened.get('/forwarded', { config: forwarded }, async () => ({}))
  return opened
}

beforeAll(async () => {
  issuer = await createTestIssuer()
})
afterAll(() => issuer.close())
beforeEach(() => {
  now = Date.UTC(2026, 0, 1)
  made = 0
  lines = []
  app = open()
})

interface Sent {
  readonly sub?: string
  readonly key?: string
  readonly from?: string
  readonly forwardedFor?: string
  readonly authorization?: string
}

const send = async (method: 'GET' | 'POST' | 'DELETE', url: string, sent: Sent = {}) => {
  const authorization = sent.authorization ?? (sent.sub && (await issuer.bearer(sent.sub)))
  const headers = {
    ...(authorization ? { authorization } : {}),
    ...(sent.key ? { 'idempotency-key': sent.key } : {}),
    ...(sent.forwardedFor ? { 'x-forwarded-for': sent.forwardedFor } : {}),
  }
  return app.inject({ method, url, headers, remoteAddress: sent.from ?? '203.0.113.1' })
}

const statuses = async (times: number, ...args: Parameters<typeof send>) => {
  const all: number[] = []
  for (let nth = 0; nth < times; nth++) all.push((await send(...args)).statusCode)
  return all
}

describe('the limits of a caller', () => {
  it('refuse a command too many with 429 and say when the next one is taken', async () => {
    await statuses(2, 'POST', '/commands', { sub: 'greedy' })
    const answer = await send('POST', '/commands', { sub: 'greedy' })
    expect(answer.statusCode).toBe(429)
    expect(answer.headers['content-type']).toMatch('application/problem+json')
    expect(answer.json()).toMatchObject({ code: 'too_many_requests', retryAfter: 10, limit: 'commands' })
    expect(answer.headers).toMatchObject({
      'retry-after': '10',
      'ratelimit-policy': '"commands";q=6;w=60',
      ratelimit: '"commands";r=0;t=10',
      'cache-control': 'no-store',
    })
  })

  it('hold after Retry-After what they said', async () => {
    expect(await statuses(3, 'POST', '/commands', { sub: 'greedy' })).toEqual([200, 200, 429])
    now += 9_999
    expect(await statuses(1, 'POST', '/commands', { sub: 'greedy' })).toEqual([429])
    now += 1
    expect(await statuses(2, 'POST', '/commands', { sub: 'greedy' })).toEqual([200, 429])
  })

  it('name whole seconds, and never fewer than it takes', async () => {
    await statuses(2, 'POST', '/commands', { sub: 'greedy' })
    const named = async () => {
      const { headers } = await send('POST', '/commands', { sub: 'greedy' })
      return [headers['retry-after'], String(headers.ratelimit).split('t=')[1]]
    }
    now += 4_400
    expect(await named()).toEqual(['6', '6'])
    now += 5_599
    expect(await named()).toEqual(['1', '1'])
  })

  it('are theirs alone, from whatever address they come', async () => {
    await statuses(3, 'POST', '/commands', { sub: 'greedy' })
    expect(await statuses(1, 'POST', '/commands', { sub: 'greedy', from: '203.0.113.2' })).toEqual([429])
    expect(await statuses(1, 'POST', '/commands', { sub: 'other' })).toEqual([200])
  })

  it('count commands of all routes together, and apart from reads and vends', async () => {
    await statuses(2, 'POST', '/commands', { sub: 'greedy' })
    expect(await statuses(1, 'DELETE', '/commands', { sub: 'greedy' })).toEqual([429])
    expect(await statuses(5, 'GET', '/reads', { sub: 'greedy' })).toEqual(Array(5).fill(200))
    expect(await statuses(6, 'POST', '/vends', { sub: 'greedy' })).toEqual([...Array(5).fill(200), 429])
  })

  it('leave an Idempotency-Key free that came with a refused command', async () => {
    await statuses(2, 'POST', '/commands', { sub: 'greedy' })
    const wish = { sub: 'greedy', key: 'k1' }
    expect(await statuses(1, 'POST', '/commands', wish)).toEqual([429])
    now += 10_000
    const later = await send('POST', '/commands', wish)
    expect([later.statusCode, later.json().n, later.headers['idempotency-replayed']]).toEqual([
      200,
      3,
      undefined,
    ])
  })

  it.each([
    ['commands', { RATE_LIMIT_COMMANDS_PER_MINUTE: 0 }, 'POST', '/commands'],
    ['reads', { RATE_LIMIT_READS_PER_SECOND: 0 }, 'GET', '/reads'],
    ['strangers', { RATE_LIMIT_STRANGERS_PER_SECOND: 0 }, 'POST', '/pushes'],
  ] as const)('are off for %s when set to 0', async (_class, limits, method, url) => {
    app = open(limits)
    expect(await statuses(30, method, url, { sub: 'greedy' })).toEqual(Array(30).fill(200))
  })
})

describe('the limits of strangers', () => {
  const five = Array<number>(5).fill(200)

  it('are one for each address', async () => {
    expect(await statuses(6, 'POST', '/pushes')).toEqual([...five, 429])
    expect(await statuses(1, 'POST', '/pushes', { from: '203.0.113.2' })).toEqual([200])
  })

  it('are one for each client of a trusted proxy, not one for the proxy', async () => {
    const through = { from: gateway, forwardedFor: '198.51.100.1' }
    expect(await statuses(6, 'POST', '/pushes', through)).toEqual([...five, 429])
    expect(await statuses(1, 'POST', '/pushes', { ...through, forwardedFor: '198.51.100.2' })).toEqual([200])
  })

  it('cannot be escaped by an X-Forwarded-For of one’s own, through the proxy neither', async () => {
    for (const [nth, status] of [...five, 429].entries()) {
      const direct = await send('POST', '/pushes', { forwardedFor: `198.51.100.${nth}` })
      const through = { from: gateway, forwardedFor: `198.51.100.${nth}, 203.0.113.9` }
      expect([direct.statusCode, (await send('POST', '/pushes', through)).statusCode]).toEqual([
        status,
        status,
      ])
    }
  })

  it('hold for whoever shows a token that is not good, and not for who has a good one', async () => {
    const bad = { authorization: 'Bearer x.y.z' }
    expect(await statuses(6, 'GET', '/reads', bad)).toEqual([...Array(5).fill(401), 429])
    expect(await statuses(1, 'GET', '/reads', { sub: 'alice' })).toEqual([200])
  })

  it('are no matter of who passes on to the service that knows the caller', async () => {
    expect(await statuses(6, 'GET', '/forwarded')).toEqual([...five, 429])
    expect(await statuses(10, 'GET', '/forwarded', { authorization: 'Bearer x' })).toEqual(
      Array(10).fill(200),
    )
  })

  it.each(['/health/live', '/health/ready', '/metrics', '/openapi.json'])(
    'do not hold for %s',
    async (url) => {
      await statuses(6, 'POST', '/pushes')
      expect(await statuses(10, 'GET', url)).toEqual(Array(10).fill(200))
    },
  )
})

describe('what operators see of limits', () => {
  it('counts refusals by class, from 0 on and without naming a caller', async () => {
    await statuses(5, 'POST', '/commands', { sub: 'greedy' })
    const text = (await send('GET', '/metrics')).body
    expect(text).toContain('evergrant_http_requests_limited_total{class="commands",service="test-service"} 3')
    expect(text).toContain('evergrant_http_requests_limited_total{class="reads",service="test-service"} 0')
    expect(text).not.toContain('greedy')
  })

  it('tells of a caller once a minute, however many requests are refused', async () => {
    const told = () =>
      lines
        .map((line) => JSON.parse(line))
        .filter(({ status, msg }) => status === 429 || /too many/.test(msg))
    await statuses(12, 'POST', '/commands', { sub: 'greedy' })
    expect(told()).toMatchObject([{ level: 'warn', class: 'commands', caller: 'greedy' }])
    now += 60_000
    await statuses(12, 'POST', '/commands', { sub: 'greedy' })
    expect(told()).toHaveLength(2)
  })

  it('documents 429 where it can happen', async () => {
    const { paths } = (await send('GET', '/openapi.json')).json()
    expect(paths['/commands'].post['x-rate-limit']).toBe('commands')
    expect(paths['/commands'].post.responses['429'].headers['Retry-After']).toBeDefined()
    expect(paths['/vends'].post['x-rate-limit']).toBe('reads')
    expect(paths['/health/live'].get.responses['429']).toBeUndefined()
  })
})
