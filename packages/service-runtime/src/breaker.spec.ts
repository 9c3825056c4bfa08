import { describe, expect, it, vi } from 'vitest'
import { createBreaker, createBreakerMetrics } from './breaker.ts'
import { runtimeErrors } from './errors.ts'
import { createMetrics } from './metrics.ts'

const ill = new Error('500')
const refused = new Error('400')
const open = (options = {}) =>
  createBreaker({
    name: 'google.token',
    timeoutMs: 1_000,
    minimumCalls: 3,
    isFailure: (error) => error !== refused,
    ...options,
  })
const fail = async () => Promise.reject(ill)

describe('a breaker', () => {
  it('hands answers and errors through while closed', async () => {
    const breaker = open()
    await expect(breaker.run(async () => 7)).resolves.toBe(7)
    await expect(breaker.run(fail)).rejects.toBe(ill)
    expect(breaker.state()).toBe('closed')
  })
  it('opens after failures, calls nothing then, and says when to come back (B5.73)', async () => {
    const breaker = open({ resetMs: 4_000 })
    for (let i = 0; i < 3; i++) await expect(breaker.run(fail)).rejects.toBe(ill)
    expect(breaker.state()).toBe('open')
    const work = vi.fn(async () => 7)
    await expect(breaker.run(work)).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'dependency_unavailable',
      context: { retryAfterSeconds: 4 },
    })
    expect(work).not.toHaveBeenCalled()
  })
  it('stays closed over refusals that are the caller’s own fault, and still throws them (B5.72)', async () => {
    const breaker = open()
    for (let i = 0; i < 6; i++) await expect(breaker.run(() => Promise.reject(refused))).rejects.toBe(refused)
    expect(breaker.state()).toBe('closed')
  })
  it('lets one call try after a while and closes when it succeeds (B5.73)', async () => {
    const breaker = open({ resetMs: 20 })
    for (let i = 0; i < 3; i++) await expect(breaker.run(fail)).rejects.toBe(ill)
    await vi.waitFor(() => expect(breaker.state()).toBe('half_open'))
    await breaker.run(async () => 7)
    expect(breaker.state()).toBe('closed')
  })
  it('gives up at the deadline, aborts the work and says that the outcome is open (B5.74)', async () => {
    let signal: AbortSignal | undefined
    const never = (given: AbortSignal) => {
      signal = given
      return new Promise<never>(() => undefined)
    }
    await expect(open({ timeoutMs: 10 }).run(never)).rejects.toMatchObject({ code: 'dependency_timed_out' })
    expect(signal?.aborted).toBe(true)
  })
  it('does not take a socket’s own timeout for its deadline', async () => {
    const socket = Object.assign(new Error('connect ETIMEDOUT'), { code: 'ETIMEDOUT' })
    await expect(open().run(() => Promise.reject(socket))).rejects.toBe(socket)
  })
  it('hands domain errors of the work through', async () => {
    const error = runtimeErrors.invalid_input()
    await expect(open().run(() => Promise.reject(error))).rejects.toBe(error)
  })
  it('counts calls and shows its state, by dependency only', async () => {
    const metrics = createMetrics('test')
    const breaker = open({ minimumCalls: 4, metrics: createBreakerMetrics(metrics) })
    await breaker.run(async () => 1)
    for (let i = 0; i < 3; i++) await breaker.run(fail).catch(() => undefined)
    await breaker.run(fail).catch(() => undefined)
    const text = await metrics.text()
    expect(text).toContain(
      'breaker_calls_total{dependency="google.token",outcome="success",service="test"} 1',
    )
    expect(text).toContain(
      'breaker_calls_total{dependency="google.token",outcome="failure",service="test"} 3',
    )
    expect(text).toContain(
      'breaker_calls_total{dependency="google.token",outcome="rejected",service="test"} 1',
    )
    expect(text).toContain('breaker_state{dependency="google.token",service="test"} 1')
  })
})
