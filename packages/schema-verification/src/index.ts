export { hashOf } from './catalog/canonical-json.ts'
export type { Catalog, Column, Relation } from './catalog/catalog.ts'
export { readCatalog } from './catalog/read-catalog.ts'
export { withSession } from './catalog/session.ts'
export type { Sql } from './catalog/sql.ts'
export { looksLikeDrift, schemaClassSqlStates } from './catalog/sql-states.ts'
export { diffCatalog } from './diff/diff-catalog.ts'
export {
  type CapabilityState,
  type Finding,
  type FindingClass,
  findingClasses,
  hindrances,
  mayStart,
  type Unverifiable,
  type VerificationReport,
  type VerificationTrigger,
} from './diff/finding.ts'
export { verificationErrors } from './errors.ts'
export { type Healing, type HealingReport, healSchema } from './healing/heal-schema.ts'
export { type HealingStep, planHealing } from './healing/plan-healing.ts'
export { buildManifest, type ManifestSource } from './manifest/build-manifest.ts'
export type {
  Canary,
  CapabilityContract,
  DeclaredContract,
  DeclaredUse,
  SchemaContract,
  TableUse,
} from './manifest/contract.ts'
export { loadManifest, type Manifest, parseManifest, printManifest } from './manifest/manifest.ts'
export { resolveContract } from './manifest/resolve-contract.ts'
export { type LintFinding, type LintRule, lintMigration } from './migrations/lint-migration.ts'
export {
  type MigrationStatements,
  migrationChecksums,
  migrationStatements,
} from './migrations/migration-checksum.ts'
export { refuseRewrittenHistory } from './migrations/migration-history.ts'
export { ddlLockTimeoutMs, holdingMigrationLock, patiently } from './migrations/migration-lock.ts'
export { type MigrationStanding, migrationStatus } from './migrations/migration-status.ts'
export { type Verification, verifyDatabase, verifySchema } from './verify-schema.ts'
export { type DdlNotice, ddlChannel, installDdlNotification } from './watching/ddl-notification.ts'
export { probeSchema } from './watching/probe-schema.ts'
export { schemaSession } from './watching/schema-session.ts'
export { requireColumns, UndefinedGuard } from './watching/undefined-guard.ts'
export { createWatcher, type DdlListener, type Watcher, type WatcherOptions } from './watching/watcher.ts'
