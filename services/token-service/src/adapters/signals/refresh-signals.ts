import type { EventBus, Running } from '@evergrant/event-bus'
import type { RefreshSignals } from '../../application/ports.ts'

const subject = 'evergrant.wake.token-refresh'

/** Wakes waiting callers on every replica through NATS core. A lost signal costs a caller one more look. */
export function createRefreshSignals(bus: EventBus): RefreshSignals & Running {
  const waiting = new Map<string, Set<() => void>>()
  const wake = (grantId: string) => {
    for (const resolve of waiting.get(grantId) ?? []) resolve()
    waiting.delete(grantId)
  }
  const listening = bus.listen(subject, (body) => {
    if (typeof body === 'object' && body !== null && 'grantId' in body && typeof body.grantId === 'string') {
      wake(body.grantId)
    }
  })
  return {
    settled: (grantId) => {
      wake(grantId)
      bus.broadcast(subject, { grantId })
    },
    wait: (grantId, ms) =>
      new Promise((resolve) => {
        const waiters = waiting.get(grantId) ?? new Set()
        waiting.set(grantId, waiters)
        const done = () => {
          clearTimeout(timer)
          waiters.delete(done)
          resolve()
        }
        const timer = setTimeout(done, ms)
        waiters.add(done)
      }),
    stop: () => listening.stop(),
  }
}
