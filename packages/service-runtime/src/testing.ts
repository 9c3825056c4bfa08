export { createTestIssuer, type TestIssuer } from './auth/test-issuer.ts'
export { createInMemoryIdempotencyStore } from './idempotency/in-memory-idempotency-store.ts'
export { createDriftStanding } from './schema/drift-standing.ts'
