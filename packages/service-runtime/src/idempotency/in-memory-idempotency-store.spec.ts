import { idempotencyStoreContract } from './idempotency-store-contract.ts'
import { createInMemoryIdempotencyStore } from './in-memory-idempotency-store.ts'

idempotencyStoreContract('in memory', createInMemoryIdempotencyStore)
