import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { problemCode } from './testing/problem-code.ts'
import { useGateway } from './testing/use-gateway.ts'

const gateway = useGateway()
const { oauth, token, calendar } = gateway

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
    const stopping = await gateway.startWithoutDeadReplica()
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
    expect([answer.status, await problemCode(answer), arrived]).toEqual([503, 'outcome_unknown', 1])
    expect(answer.headers.get('retry-after')).toBe('1')
  })
})
