import type { EventBus, Running } from '@evergrant/event-bus'
import { z } from 'zod'
import type { GrantSignals } from '../../application/ports.ts'

const subject = 'evergrant.wake.token-grants'
const messageSchema = z.object({ grantIds: z.array(z.string()) })

/** Tells every replica through NATS core, this one directly, which grants have changed: waiting callers wake up, and
 * `onChanged` forgets what was known. A lost signal costs one more look. */
export function createGrantSignals(
  bus: EventBus,
  onChanged: (grantId: string) => void,
): GrantSignals & Running {
  const waiting = new Map<string, Set<() => void>>()
  const tell = (grantIds: readonly string[]) => {
    for (const grantId of grantIds) {
      onChanged(grantId)
      for (const resolve of waiting.get(grantId) ?? []) resolve()
      waiting.delete(grantId)
    }
  }
  const listening = bus.listen(subject, (body) => {
    const message = messageSchema.safeParse(body)
    if (message.success) tell(message.data.grantIds)
  })
  let untold = new Set<string>()
  const broadcast = () => {
    if (untold.size > 0) bus.broadcast(subject, { grantIds: [...untold] })
    untold = new Set()
  }
  return {
    changed: (grantIds) => {
      tell(grantIds)
      // Grants that commit together are one message to the others.
      if (untold.size === 0) setImmediate(broadcast)
      for (const grantId of grantIds) untold.add(grantId)
    },
    wait: (grantId, ms) =>
      new Promise((resolve) => {
        const waiters = waiting.get(grantId) ?? new Set()
        waiting.set(grantId, waiters)
        const done = () => {
          clearTimeout(timer)
          waiters.delete(done)
          if (waiters.size === 0 && waiting.get(grantId) === waiters) waiting.delete(grantId)
          resolve()
        }
        const timer = setTimeout(done, ms)
        waiters.add(done)
      }),
    stop: () => {
      broadcast()
      return listening.stop()
    },
  }
}
