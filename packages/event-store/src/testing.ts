export {
  createInMemoryEventStore,
  type InMemoryEventStore,
  type InMemoryEventStoreOptions,
} from './log/in-memory-event-store.ts'
export { createPublishDouble, type PublishDouble } from './testing/publish-double.ts'
