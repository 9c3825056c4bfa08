import { pushClaims } from '../push/notifications.ts'
import type { Delivery, DeliveryStep } from '../push/sender.ts'
import type { World } from '../world.ts'

export interface PushControl {
  /** What happens to the next messages, one step each. */
  planDeliveries(steps: readonly DeliveryStep[]): void
  /** `syncFirst`: the `sync` message is delivered before the answer to watch. `firstRetryMs`: 200 by default, doubling. */
  configurePush(how: { syncFirst?: boolean; firstRetryMs?: number }): void
  /** Pushes what Gmail publishes to a topic to a URL, with a signed ID token if there is an audience. */
  subscribe(subscription: { topic: string; url: string; audience?: string }): void
  /** An ID token as Pub/Sub sends it, with these claims instead of its own. */
  pushToken(claims: { audience: string; email?: string; emailVerified?: boolean }): Promise<string>
  /** Every attempt to deliver a message, and every message that was dropped. */
  deliveries(): readonly Delivery[]
  /** Ends when everything that happened so far was told, or given up. */
  deliveriesSettled(): Promise<void>
}

/** Notifications and what goes wrong with them. */
export function pushControl(world: World): PushControl {
  const { state, push, sender, notifications } = world
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
    pushToken({ audience, email, emailVerified }) {
      const usual = pushClaims(audience, world.clock.now())
      return world.signingKey.sign({
        iss: world.issuer,
        ...usual,
        ...(email !== undefined && { email }),
        ...(emailVerified !== undefined && { email_verified: emailVerified }),
      })
    },
    deliveries: () => sender.deliveries(),
    deliveriesSettled: () => notifications.settled(),
  }
}
