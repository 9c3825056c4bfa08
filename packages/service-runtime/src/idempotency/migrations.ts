import { HttpIdempotency } from './0001-http-idempotency.ts'

/** For services with idempotent routes: goes after `eventStoreMigrations` in their `migrations/all.ts`. */
export const idempotencyMigrations = [{ name: '0001-http-idempotency', class: HttpIdempotency }]
