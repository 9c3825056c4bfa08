// The yardstick of the vend benchmark: a Fastify route that answers the same JSON and does nothing else.
import { createRequire } from 'node:module'
import { join } from 'node:path'

interface Bare {
  post(path: string, answer: () => Promise<object>): void
  listen(where: { host: string; port: number }): Promise<string>
  close(): Promise<void>
}
// The very Fastify that token-service runs on; the root has none of its own.
const services = createRequire(join(import.meta.dirname, '../../services/token-service/package.json'))
const { fastify } = services('fastify') as { fastify: () => Bare }

const app = fastify()
const answer = {
  accessToken: `ya29.${'a'.repeat(120)}`,
  tokenType: 'Bearer',
  expiresAt: '2026-11-23T11:00:00.000Z',
  scopes: ['openid', 'https://www.googleapis.com/auth/calendar.readonly'],
  generation: 1,
}
app.post('/', async () => answer)
const url = await app.listen({ host: '127.0.0.1', port: 0 })
process.stdout.write(`${JSON.stringify({ msg: 'ready', url })}\n`)
process.once('SIGTERM', () => void app.close())
