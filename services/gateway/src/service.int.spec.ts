import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { readGatewayConfig } from './config.ts'
import { startGateway } from './service.ts'
import { deadUrl, listen, Replica } from './testing/replica.ts'

const oauth = new Replica()
const token = new Replica()
const calendar = new Replica()
let gateway: Awaited<ReturnType<typeof startGateway>>

beforeAll(async () => {
  for (const { server } of [oauth, token, calendar]) await listen(server)
  gateway = await startGateway(config({ TOKEN_SERVICE_URLS: `${await deadUrl()}, ${urlOf(token)}` }))
})
beforeEach(() => {
  for (const replica of [oauth, token, calendar]) {
    replica.ready = true
    replica.handle = (_request, response) => response.writeHead(418).end()
  }
})
afterAll(async () => {
  await gateway.stop()
  for (const { server } of [oauth, token, calendar]) {
    server.closeAllConnections()
    server.close()
  }
})

describe('forwarding', () => {
  it('passes method, path, query, body and headers to the owner and its answer back', async () => {
    let seen: Pick<IncomingMessage, 'method' | 'url' | 'headers'> & { body?: string } = { headers: {} }
    oauth.handle = ({ method, url, headers }, response, body) => {
      seen = { method, url, headers, body }
      response.writeHead(201, {
        'content-type': 'application/json',
        'x-kept': '1',
        connection: 'x-hop',
        'x-hop': '1',
      })
      response.end('{"id":"1"}')
    }
    const answer = await fetch(`${gateway.url}/v1/authorizations?a=%20b&c`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-user-id': 'bob', 'x-forwarded-for': '1.1.1.1' },
      body: '{"services":["calendar"]}',
    })
    expect([answer.status, await answer.text()]).toEqual([201, '{"id":"1"}'])
    expect([answer.headers.get('x-kept'), answer.headers.get('x-hop')]).toEqual(['1', null])
    expect(seen).toMatchObject({
      method: 'POST',
      url: '/v1/authorizations?a=%20b&c',
      body: '{"services":["calendar"]}',
      headers: {
        'content-type': 'application/json',
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-proto': 'http',
        'x-forwarded-host': '127.0.0.1:8080',
        'x-request-id': answer.headers.get('x-request-id'),
        traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/),
      },
    })
    expect(seen.headers['x-user-id']).toBeUndefined()
  })

  it('leaves redirects and cookies to the browser', async () => {
    oauth.handle = (_request, response) => {
      response.writeHead(302, {
        location: 'https://accounts.example/o?x=1',
        'set-cookie': ['a=1; HttpOnly', 'b=2'],
      })
      response.end()
    }
    const answer = await fetch(`${gateway.url}/v1/authorizations/1/begin`, { redirect: 'manual' })
    expect([answer.status, answer.headers.get('location')]).toEqual([302, 'https://accounts.example/o?x=1'])
    expect(answer.headers.getSetCookie()).toEqual(['a=1; HttpOnly', 'b=2'])
  })

  it.each([
    ['DELETE', 202],
    ['PATCH', 412],
    ['HEAD', 200],
    ['GET', 304],
    ['DELETE', 204],
  ])('forwards %s and answers %i as the service did', async (method, status) => {
    calendar.handle = (incoming, response) => {
      response.writeHead(incoming.method === method ? status : 500, { etag: '"1"' }).end()
    }
    const answer = await fetch(`${gateway.url}/v1/calendar/events/1`, { method })
    expect([answer.status, answer.headers.get('etag')]).toEqual([status, '"1"'])
  })

  it('streams events as they happen and hangs up on the service when the client does', async () => {
    let send: (text: string) => void = () => undefined
    const serviceSideClosed = new Promise<void>((resolve) => {
      calendar.handle = (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
        send = (text) => void response.write(text)
        response.once('close', () => resolve())
      }
    })
    const client = new AbortController()
    const answer = await fetch(`${gateway.url}/v1/calendar/syncs/1`, { signal: client.signal })
    expect(answer.headers.get('content-type')).toBe('text/event-stream')
    const reader = answer.body?.getReader()
    for (const text of ['data: 1\n\n', 'data: 2\n\n']) {
      send(text)
      const chunk = await reader?.read()
      expect(new TextDecoder().decode(chunk?.value)).toBe(text)
    }
    client.abort()
    await serviceSideClosed
  })

  it('tells the service when a client gives up before there is an answer', async () => {
    let arrived: () => void = () => undefined
    const asked = new Promise<void>((resolve) => {
      arrived = resolve
    })
    const serviceSideClosed = new Promise<void>((resolve) => {
      calendar.handle = (_request, response) => {
        response.once('close', () => resolve())
        arrived()
      }
    })
    const client = new AbortController()
    const answer = fetch(`${gateway.url}/v1/calendar/calendars`, { signal: client.signal })
    await asked
    client.abort()
    await expect(answer).rejects.toThrow()
    await serviceSideClosed
  })

  it('ends event streams when it stops, and lets other answers finish', async () => {
    const stopping = await startGateway(config({ TOKEN_SERVICE_URLS: urlOf(token) }))
    calendar.handle = (_request, response) =>
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    let finish: () => void = () => undefined
    const arrived = new Promise<void>((resolve) => {
      token.handle = (_request, response) => {
        finish = () => response.end('finished')
        resolve()
      }
    })
    const stream = await fetch(`${stopping.url}/v1/calendar/syncs/1`)
    const slow = fetch(`${stopping.url}/v1/connections`)
    await arrived
    const stopped = stopping.stop()
    await expect(stream.text()).rejects.toThrow()
    finish()
    expect(await (await slow).text()).toBe('finished')
    await stopped
  })

  it('reaches the live replica of a service that lost one, for commands too', async () => {
    token.handle = (_request, response) => response.writeHead(200).end('ok')
    for (const method of ['POST', 'GET', 'POST', 'DELETE']) {
      const answer = await fetch(`${gateway.url}/v1/connections/1`, { method })
      expect(answer.status).toBe(200)
    }
  })

  it('does not repeat a command whose connection broke, and says that its outcome is unknown', async () => {
    let arrived = 0
    calendar.handle = (incoming) => {
      arrived++
      incoming.socket.destroy()
    }
    const answer = await fetch(`${gateway.url}/v1/calendar/events`, { method: 'POST', body: '{}' })
    expect([answer.status, (await bodyOf(answer)).code, arrived]).toEqual([503, 'outcome_unknown', 1])
    expect(answer.headers.get('retry-after')).toBe('1')
  })
})

describe('bad input at the edge', () => {
  it('answers an unknown path 404', async () => {
    const answer = await fetch(`${gateway.url}/v1/nothing`)
    expect([answer.status, (await bodyOf(answer)).code]).toEqual([404, 'unknown_path'])
  })
  it('answers a wrong method on its own paths 405', async () => {
    const answer = await fetch(`${gateway.url}/health`, { method: 'POST' })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  })
  it('refuses a body over 256 KiB before a service sees it, also when its length is not announced', async () => {
    let arrived = 0
    calendar.handle = (_request, response) => {
      arrived++
      response.end()
    }
    const announced = await fetch(`${gateway.url}/v1/calendar/events`, {
      method: 'POST',
      body: 'x'.repeat(262_145),
    })
    expect([announced.status, (await bodyOf(announced)).code]).toEqual([413, 'body_too_large'])
    const chunked = request(`${gateway.url}/v1/calendar/events`, { method: 'POST' })
    chunked.on('error', () => undefined)
    for (let i = 0; i < 5; i++) chunked.write('x'.repeat(64 * 1024))
    const [response] = (await once(chunked, 'response')) as [IncomingMessage]
    expect([response.statusCode, arrived]).toEqual([413, 0])
    chunked.destroy()
  })
  it('answers broken HTTP with a problem document', async () => {
    const { port } = new URL(gateway.url)
    const socket = connect(Number(port), '127.0.0.1')
    socket.end('GET / HTTP/9.9\r\n\r\n')
    const chunks: Buffer[] = []
    for await (const chunk of socket) chunks.push(chunk as Buffer)
    const answer = Buffer.concat(chunks).toString()
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect(answer).toContain('application/problem+json')
  })
})

describe('the operator surface', () => {
  it('is not ready while one replica is not, and says which and why', async () => {
    calendar.ready = false
    const answer = await fetch(`${gateway.url}/health`)
    expect(answer.status).toBe(503)
    expect(await answer.json()).toMatchObject({
      status: 'not_ready',
      services: [
        {
          name: 'oauth-service',
          status: 'ready',
          replicas: [{ replica: 1, status: 'ready', instanceId: 'i' }],
        },
        {
          name: 'token-service',
          status: 'not_ready',
          replicas: [{ status: 'unreachable' }, { status: 'ready' }],
        },
        {
          name: 'calendar-service',
          status: 'not_ready',
          replicas: [{ status: 'not_ready', capabilities: [{ name: 'token.read', status: 'unavailable' }] }],
        },
      ],
    })
  })
  it('is ready once every replica is', async () => {
    const all = await startGateway(config({ TOKEN_SERVICE_URLS: urlOf(token) }))
    const answer = await fetch(`${all.url}/health`)
    expect([answer.status, (await bodyOf(answer)).status]).toEqual([200, 'ready'])
    await all.stop()
  })
  it('shows a page without scripts, with what services say escaped', async () => {
    calendar.ready = false
    const answer = await fetch(`${gateway.url}/`)
    const html = await answer.text()
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'/)
    expect(html).toContain('Not everything is ready')
    expect(html).toContain('database_unreachable &#60;b&#62;')
    expect(html).not.toContain('<script')
  })
  it('sends the older links of connections on to the console', async () => {
    const answer = await fetch(`${gateway.url}/?connect=gmail&connection=7`, { redirect: 'manual' })
    expect([answer.status, answer.headers.get('location')]).toEqual([
      302,
      '/console?connect=gmail&connection=7',
    ])
  })
  it('serves the API reference without asking anyone else', async () => {
    const page = await fetch(`${gateway.url}/docs`)
    const html = await page.text()
    expect(page.status).toBe(200)
    expect(html.match(/https?:\/\/[^"'\s]+/g) ?? []).toEqual([])
    expect(page.headers.get('content-security-policy')).toMatch(/script-src 'self' 'sha256-/)
    const script = await fetch(`${gateway.url}/docs/js/scalar.js`)
    expect([script.status, script.headers.get('content-type')]).toEqual([
      200,
      'text/javascript; charset=utf-8',
    ])
    const document = await bodyOf(await fetch(`${gateway.url}/docs/openapi/token-service`))
    expect(Object.keys(document.paths ?? {})).toEqual(['/v1/x'])
  })
})

function config(own: Record<string, string>) {
  return readGatewayConfig({
    PUBLIC_URL: 'http://127.0.0.1:8080',
    LOG_LEVEL: 'silent',
    OAUTH_SERVICE_URLS: urlOf(oauth),
    CALENDAR_SERVICE_URLS: urlOf(calendar),
    ...own,
  })
}

/** What the tests read of a body. */
interface Body {
  readonly code?: string
  readonly status?: string
  readonly paths?: object
}

async function bodyOf(answer: Response): Promise<Body> {
  return (await answer.json()) as Body
}

function urlOf({ server }: Replica): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
