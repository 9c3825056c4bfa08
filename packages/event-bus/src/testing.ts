export { createInMemoryEventBus, type InMemoryEventBus } from './in-memory-event-bus.ts'
