import { describe } from 'vitest'
import { describeEventBus } from './event-bus-contract.ts'
import { createInMemoryEventBus } from './in-memory-event-bus.ts'

describe('the in-memory event bus', () => describeEventBus(async () => createInMemoryEventBus()))
