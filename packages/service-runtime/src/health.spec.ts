import { expect, it, vi } from 'vitest'
import { createHealth } from './health.ts'

function healthAt(start: string) {
  let now = new Date(start)
  return {
    health: createHealth({ clock: { now: () => now } }),
    at: (time: string) => {
      now = new Date(time)
    },
  }
}

it('is ready while everything is ok or degraded', async () => {
  const { health } = healthAt('2026-01-01T00:00:00.000Z')
  health.capability('token.read', () => ({ status: 'ok' }))
  health.capability('events', async () => ({ status: 'degraded', reason: 'outbox_behind' }))
  expect((await health.ready()).ready).toBe(true)
})

it('says since when a capability is as it is', async () => {
  const { health, at } = healthAt('2026-01-01T00:00:00.000Z')
  let status: 'ok' | 'unavailable' = 'ok'
  health.capability('token.read', () => ({ status }))
  await health.ready()
  at('2026-01-01T00:01:00.000Z')
  expect((await health.ready()).capabilities[0]?.since).toBe('2026-01-01T00:00:00.000Z')
  status = 'unavailable'
  expect((await health.ready()).capabilities[0]).toMatchObject({ status, since: '2026-01-01T00:01:00.000Z' })
})

it('takes a check that throws for unavailable, without repeating what it threw', async () => {
  const { health } = healthAt('2026-01-01T00:00:00.000Z')
  health.capability('a', () => {
    throw new Error('password=x')
  })
  health.capability('b', () => Promise.reject(new Error('password=x')))
  const readiness = await health.ready()
  expect(readiness.capabilities.map(({ reason }) => reason)).toEqual(['check_failed', 'check_failed'])
  expect(JSON.stringify(readiness)).not.toContain('password')
})

it('does not wait for a check that hangs', async () => {
  vi.useFakeTimers()
  const { health } = healthAt('2026-01-01T00:00:00.000Z')
  health.capability('a', () => new Promise(() => undefined))
  const asked = health.ready()
  await vi.advanceTimersByTimeAsync(2_000)
  vi.useRealTimers()
  expect(await asked).toMatchObject({ ready: false, capabilities: [{ reason: 'check_timed_out' }] })
})

it('asks its checks once for questions at the same time', async () => {
  const { health } = healthAt('2026-01-01T00:00:00.000Z')
  const check = vi.fn(() => ({ status: 'ok' as const }))
  health.capability('a', check)
  await Promise.all([health.ready(), health.ready(), health.ready()])
  expect(check).toHaveBeenCalledTimes(1)
})

it('is not ready once it drains, whatever its capabilities say', async () => {
  const { health } = healthAt('2026-01-01T00:00:00.000Z')
  health.capability('a', () => ({ status: 'ok' }))
  health.drain()
  expect(await health.ready()).toMatchObject({
    ready: false,
    capabilities: [
      { name: 'process', reason: 'shutting_down' },
      { name: 'a', status: 'ok' },
    ],
  })
})

it('tells the worse of what it finds and what it is told, and stays ready where every replica is in the same state', async () => {
  const { health } = healthAt('2026-01-01T00:00:00.000Z')
  health.capability('token.read', () => ({ status: 'ok' }))
  let keepsReady = true
  health.overlay((_name, report) => ({
    ...report,
    status: 'unavailable',
    reason: 'schema_drift',
    keepsReady,
  }))
  expect(await health.ready()).toMatchObject({
    ready: true,
    capabilities: [{ name: 'token.read', status: 'unavailable', reason: 'schema_drift' }],
  })
  keepsReady = false
  expect(await health.ready()).toMatchObject({ ready: false })
})
