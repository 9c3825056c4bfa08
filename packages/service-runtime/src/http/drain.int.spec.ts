import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock, uuidv7Ids } from '../clock-and-ids.ts'
import { createHealth } from '../health.ts'
import { createLogger } from '../log/logger.ts'
import { createMetrics } from '../metrics.ts'
import { createHttpApp } from './http-app.ts'
import type { HttpApp } from './http-app-type.ts'

let app: HttpApp
let url: string
let agent: Agent
let arrived: Promise<void>
let finish: () => void

beforeEach(async () => {
  app = createHttpApp({
    name: 'test-service',
    quotas: null,
    version: '1.0.0',
    logger: createLogger({ name: 'test', level: 'silent' }),
    health: createHealth({ clock: systemClock }),
    metrics: createMetrics('test-service'),
    clock: systemClock,
    ids: uuidv7Ids,
  })
  const held = new Promise<void>((resolve) => {
    finish = resolve
  })
  arrived = new Promise((resolve) => {
    app.get('/slow', { config: { access: 'public' } }, async () => {
      resolve()
      await held
      return { done: true }
    })
  })
  app.get('/stream', { config: { access: 'public' } }, async (_request, reply) =>
    reply.type('text/event-stream').send(Readable.from(untilClosing(app.closing)) as never),
  )
  app.get('/quick', { config: { access: 'public' } }, async () => ({ ok: true }))
  url = await app.listen({ host: '127.0.0.1', port: 0 })
  agent = new Agent({ keepAlive: true, maxSockets: 1 })
})
afterEach(async () => {
  agent.destroy()
  finish()
  await app.close()
})

async function* untilClosing(closing: AbortSignal): AsyncGenerator<string> {
  yield 'data: 1\n\n'
  if (!closing.aborted) await once(closing, 'abort')
  yield 'data: bye\n\n'
}

async function ask(path: string): Promise<{ status: number | undefined; body: string }> {
  const [response] = (await once(get(`${url}${path}`, { agent }), 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return { status: response.statusCode, body: Buffer.concat(chunks).toString() }
}

describe('an app that closes', () => {
  it('finishes the request under way and does not wait for its kept-alive connection', async () => {
    const slow = ask('/slow')
    await arrived
    const closed = app.close()
    finish()
    expect(await slow).toEqual({ status: 200, body: '{"done":true}' })
    await closed
  })
  it('does not wait for an idle kept-alive connection', async () => {
    await ask('/quick')
    await app.close()
  })
  it('lets event streams say goodbye', async () => {
    const response = await fetch(`${url}/stream`)
    const text = response.text()
    await app.close()
    expect(await text).toBe('data: 1\n\ndata: bye\n\n')
  })
  it('refuses what still arrives on an open connection, with a problem document', async () => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    const received = text(socket)
    const line = (path: string) => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`
    socket.write(line('/slow'))
    await arrived
    const closed = app.close()
    await expect.poll(() => app.closing.aborted).toBe(true)
    socket.write(line('/quick'), finish)
    const [, second] = (await received).split(/(?=HTTP\/1\.1 503)/)
    expect(second).toMatch(/connection: close/i)
    expect(second).toMatch(/retry-after: 1/i)
    expect(second).toContain('"code":"shutting_down"')
    await closed
  })
})
