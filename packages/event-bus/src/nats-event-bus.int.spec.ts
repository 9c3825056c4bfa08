import { describe, inject } from 'vitest'
import { describeEventBus } from './event-bus-contract.ts'
import { connectEventBus } from './nats-event-bus.ts'

const clock = { now: () => new Date() }

describe('the event bus on NATS', () =>
  describeEventBus(() => connectEventBus({ url: inject('natsUrl'), name: 'spec', clock })))
