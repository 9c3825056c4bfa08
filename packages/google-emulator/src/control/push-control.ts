import type { Delivery, DeliveryStep } from '../push/sender.ts'
import type { World } from '../world.ts'

export interface PushControl {
  /** What happens to the next messages, one step each. */
  planDeliveries(steps: readonly DeliveryStep[]): void
  /** `syncFirst`: the `sync` message is delivered before the answer to watch. `firstRetryMs`: 200 by default, doubling. */
  configurePush(how: { syncFirst?: boolean; firstRetryMs?: number }): void
  /** Pushes what Gmail publishes to a topic to a URL, with a signed ID token if there is an audience. */
  subscribe(subscription: { topic: string; url: string; audience?: string }): void
  /** Every attempt to deliver a message, and every message that was dropped. */
  deliveries(): readonly Delivery[]
  /** Ends when everything that happened so far was told, or given up. */
  deliveriesSettled(): Promise<void>
}

/** Notifications and what goes wrong with them. */
export function pushControl({ state, push, sender, notifications }: World): PushControl {
  return {
    planDeliveries: (steps) => {
      sender.plan.splice(0, sender.plan.length, ...steps)
    },
    configurePush({ syncFirst, firstRetryMs }) {
      if (syncFirst !== undefined) push.syncFirst = syncFirst
      if (firstRetryMs !== undefined) sender.setFirstRetry(firstRetryMs)
    },
    subscribe({ topic, url, audience = null }) {
      state.subscriptions.set(topic, { url, audience })
      state.changed.add('channels')
    },
    deliveries: () => sender.deliveries(),
    deliveriesSettled: () => notifications.settled(),
  }
}
