import { contractFacts, eventStoreContract } from '../testing/event-store-contract.ts'
import { createInMemoryEventStore } from './in-memory-event-store.ts'

const store = createInMemoryEventStore({
  source: 'token-service',
  facts: contractFacts,
  projections: [],
  clock: { now: () => new Date('2026-11-23T10:00:00.000Z') },
})

eventStoreContract(
  () => store,
  async (streamId) =>
    store
      .published()
      .filter((message) => message.streamId === streamId)
      .map(({ headers }) => headers['ce-id'] ?? ''),
)
