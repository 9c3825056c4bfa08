// The yardstick of the vend benchmark: a Fastify route that answers the same JSON and does nothing else.
import { fastify } from 'fastify'

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
