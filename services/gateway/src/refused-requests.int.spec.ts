import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { problemCode } from './testing/problem-code.ts'
import { useGateway } from './testing/use-gateway.ts'

const gateway = useGateway()
const { calendar } = gateway

describe('bad input at the edge', () => {
  it('answers an unknown path 404', async () => {
    const answer = await fetch(`${gateway.url}/v1/nothing`)
    expect([answer.status, await problemCode(answer)]).toEqual([404, 'unknown_path'])
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
    expect([announced.status, await problemCode(announced)]).toEqual([413, 'body_too_large'])
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
