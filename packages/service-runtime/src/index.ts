export {
  type Authenticator,
  type AuthenticatorOptions,
  createAuthenticator,
} from './auth/authenticator.ts'
export type { Caller } from './auth/caller.ts'
export { assertDevelopmentIssuerIsLoopback, isLoopback } from './auth/development-issuer.ts'
export {
  type Breaker,
  type BreakerMetrics,
  type BreakerOptions,
  createBreaker,
  createBreakerMetrics,
} from './breaker.ts'
export { systemClock, uuidv7Ids } from './clock-and-ids.ts'
export { type ConfigKey, describeConfig } from './config/describe-config.ts'
export { type Environment, readConfig } from './config/read-config.ts'
export { serviceConfigShape, trustedProxies } from './config/service-config.ts'
export { deadLetterRoutes } from './dead-letters/dead-letter-routes.ts'
export type { DeadLetters } from './dead-letters/dead-letters.ts'
export { runtimeErrors } from './errors.ts'
export { createExchange, type Exchange, type ExchangeOptions } from './exchange/exchange.ts'
export type { ExchangeStatus } from './exchange/exchange-status.ts'
export {
  type CapabilityCheck,
  type CapabilityHealth,
  type CapabilityReport,
  type CapabilityStatus,
  createHealth,
  type Health,
  type Readiness,
} from './health.ts'
export type { Access } from './http/access.ts'
export { idempotencyKeyOf } from './http/answer-once.ts'
export { createHttpApp, type HttpAppOptions } from './http/http-app.ts'
export type { HttpApp } from './http/http-app-type.ts'
export { decodeCursor, encodeCursor, pageQuerySchema, pageSchema } from './http/pages.ts'
export { type Problem, problemContentType, problemFrom, problemSchema } from './http/problem.ts'
export { callerOf, metadataOf } from './http/request-context.ts'
export { requestQuotasFrom } from './http/request-quotas.ts'
export type {
  Claim,
  IdempotencyStore,
  IdempotentRequest,
  StoredAnswer,
} from './idempotency/idempotency-store.ts'
export { idempotencyMigrations } from './idempotency/migrations.ts'
export { createPostgresIdempotencyStore } from './idempotency/postgres-idempotency-store.ts'
export { createLogger, type Logger, type LoggerOptions } from './log/logger.ts'
export { measureGauge } from './measured-gauge.ts'
export { createMetrics, type Metrics } from './metrics.ts'
export { runMigrations } from './run-migrations.ts'
export { runRebuild } from './run-rebuild.ts'
export { type RunningService, runService } from './run-service.ts'
export { schemaFactCatalogue } from './schema/schema-facts.ts'
export { type SchemaReport, schemaReportSchema, schemaSubject } from './schema/schema-report.ts'
export {
  createSchemaVerification,
  type SchemaVerification,
  type SchemaVerificationOptions,
} from './schema/schema-verification.ts'
