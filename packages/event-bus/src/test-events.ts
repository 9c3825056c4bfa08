import { type EventMessage, headersOf } from '@evergrant/event-contracts'
import type { EventBus, MessageToPublish, Subscription } from './event-bus.ts'

let counter = 0

/** A name that no other spec on the same server uses. */
export function uniqueName(prefix: string): string {
  counter++
  return `${prefix}-${process.pid}-${Date.now().toString(36)}-${counter}`
}

export function event(subject: string, streamId: string, version: number, repair = 0): MessageToPublish {
  const identity = { source: 'spec-service', streamId, version }
  return {
    ...identity,
    subject,
    repair,
    headers: headersOf({ ...identity, type: 'evergrant.spec.Happened.v1', time: '2026-01-01T00:00:00.000Z' }),
    payload: new TextEncoder().encode(JSON.stringify({ streamId, version })),
  }
}

export const idOf = (message: EventMessage) => message.headers['ce-id']

/** Collects what a consumer receives and answers `done`. */
export function collect(bus: EventBus, subscription: Subscription) {
  const ids: (string | undefined)[] = []
  const messages: EventMessage[] = []
  const consumer = bus.consume(subscription, async (batch) => {
    messages.push(...batch)
    ids.push(...batch.map(idOf))
    return { status: 'done' }
  })
  return { ids, messages, stop: consumer.stop }
}
