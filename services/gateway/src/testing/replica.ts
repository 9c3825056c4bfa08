import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void

/** A service replica that does what the test at hand says. */
export class Replica {
  readonly server: Server
  handle: Handler = () => undefined
  ready = true
  constructor() {
    this.server = createServer(async (incoming, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of incoming) chunks.push(chunk as Buffer)
      if (incoming.url === '/health/ready') return this.answerReadiness(response)
      if (incoming.url === '/openapi.json') {
        return response.end(
          JSON.stringify({ openapi: '3.1.0', info: {}, paths: { '/v1/x': {}, '/metrics': {} } }),
        )
      }
      this.handle(incoming, response, Buffer.concat(chunks).toString())
    })
  }
  private answerReadiness(response: ServerResponse) {
    const status = this.ready ? 'ok' : 'unavailable'
    const since = '2026-01-01T00:00:00.000Z'
    const reason = this.ready ? {} : { reason: 'database_unreachable <b>' }
    response.statusCode = this.ready ? 200 : 503
    response.end(
      JSON.stringify({
        service: 'x',
        instanceId: 'i',
        status: this.ready ? 'ready' : 'not_ready',
        capabilities: [{ name: 'token.read', status, ...reason, since }],
      }),
    )
  }
}

/** @returns the address the server listens at from now on. */
export async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** An address nobody listens on. */
export async function deadUrl(): Promise<string> {
  const server = createServer()
  const url = await listen(server)
  await new Promise((resolve) => server.close(resolve))
  return url
}
