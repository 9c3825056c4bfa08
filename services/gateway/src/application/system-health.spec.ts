import { expect, it } from 'vitest'
import type { ReplicaReadiness } from './ports.ts'
import { createSystemHealth } from './system-health.ts'

const replica = (status: 'ok' | 'degraded' | 'unavailable'): ReplicaReadiness => ({
  ready: true,
  capabilities: [{ name: 'token.read', status, since: '2026-01-01T00:00:00.000Z' }],
})
const healthWith = (readiness: ReplicaReadiness) =>
  createSystemHealth({ 'token-service': ['http://one'] }, async () => readiness)()

it('is not ready while a replica serves on without a capability that callers rely on', async () => {
  expect(await healthWith(replica('unavailable'))).toMatchObject({
    status: 'not_ready',
    services: [{ replicas: [{ status: 'not_ready' }] }],
  })
})

it.each(['ok', 'degraded'] as const)('is ready while the worst is %s', async (status) => {
  expect((await healthWith(replica(status))).status).toBe('ready')
})
