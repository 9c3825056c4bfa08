import type { SchemaReport } from '../schema/schema-report.ts'

/** What HTTP needs to know about the schema. */
export interface SchemaGuard {
  report(): SchemaReport
  /** @throws DomainError `schema_drift` while drift has taken the capability away. */
  demand(capability: string): void
}
