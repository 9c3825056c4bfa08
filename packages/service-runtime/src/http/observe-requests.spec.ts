import { expect, it } from 'vitest'
import { systemClock, uuidv7Ids } from '../clock-and-ids.ts'
import { createHealth } from '../health.ts'
import { createLogger } from '../log/logger.ts'
import { createMetrics } from '../metrics.ts'
import { createHttpApp } from './http-app.ts'

async function linesOf(url: string): Promise<Record<string, unknown>[]> {
  const lines: string[] = []
  const app = createHttpApp({
    name: 'test-service',
    quotas: null,
    version: '1.0.0',
    logger: createLogger({
      name: 'test',
      level: 'info',
      destination: { write: (line) => void lines.push(line) },
    }),
    health: createHealth({ clock: systemClock }),
    metrics: createMetrics('test-service'),
    clock: systemClock,
    ids: uuidv7Ids,
  })
  app.get('/health', { config: { access: 'public' } }, async () => ({}))
  app.get('/callback/:id', { config: { access: 'public' } }, async (_request, reply) =>
    reply.code(204).send(),
  )
  app.get('/vends/:id', { config: { access: 'public', audited: true } }, async (request, reply) =>
    reply.code((request.params as { id: string }).id === 'none' ? 404 : 200).send({}),
  )
  await app.inject({ url, headers: { cookie: 'session=opaque', authorization: 'Bearer opaque' } })
  await app.close()
  return lines.map((line) => JSON.parse(line))
}

it('writes one line per request, with ids and without what the request carried', async () => {
  const lines = await linesOf('/callback/17?code=opaque&state=opaque')
  expect(lines).toEqual([
    {
      level: 'info',
      time: expect.any(String),
      pid: expect.any(Number),
      hostname: expect.any(String),
      name: 'test',
      msg: 'request',
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
      method: 'GET',
      route: '/callback/:id',
      status: 204,
      durationMs: expect.any(Number),
    },
  ])
})

it.each(['/health', '/health/live', '/health/ready', '/metrics', '/openapi.json'])(
  'does not fill the log with questions about %s',
  async (url) => {
    expect(await linesOf(url)).toEqual([])
  },
)

it('leaves what is audited to the audit, and tells only what was refused', async () => {
  expect(await linesOf('/vends/17')).toEqual([])
  expect(await linesOf('/vends/none')).toMatchObject([{ route: '/vends/:id', status: 404 }])
})
