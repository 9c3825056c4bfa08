export { buildManifest, type ManifestSource } from './build-manifest.ts'
export { hashOf } from './canonical-json.ts'
export type { Catalog, Column, Relation } from './catalog.ts'
export type {
  Canary,
  CapabilityContract,
  DeclaredContract,
  DeclaredUse,
  SchemaContract,
  TableUse,
} from './contract.ts'
export { type DdlNotice, ddlChannel, installDdlNotification } from './ddl-notification.ts'
export { diffCatalog } from './diff-catalog.ts'
export { verificationErrors } from './errors.ts'
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
} from './finding.ts'
export { type Healing, type HealingReport, healSchema } from './heal-schema.ts'
export { type LintFinding, type LintRule, lintMigration } from './lint-migration.ts'
export { loadManifest, type Manifest, parseManifest, printManifest } from './manifest.ts'
export { type MigrationStatements, migrationChecksums, migrationStatements } from './migration-checksum.ts'
export { refuseRewrittenHistory } from './migration-history.ts'
export { ddlLockTimeoutMs, holdingMigrationLock, patiently } from './migration-lock.ts'
export { type MigrationStanding, migrationStatus } from './migration-status.ts'
export { type HealingStep, planHealing } from './plan-healing.ts'
export { probeSchema } from './probe-schema.ts'
export { readCatalog } from './read-catalog.ts'
export { resolveContract } from './resolve-contract.ts'
export { schemaSession } from './schema-session.ts'
export { withSession } from './session.ts'
export type { Sql } from './sql.ts'
export { looksLikeDrift, schemaClassSqlStates } from './sql-states.ts'
export { requireColumns, UndefinedGuard } from './undefined-guard.ts'
export { type Verification, verifyDatabase, verifySchema } from './verify-schema.ts'
export { createWatcher, type DdlListener, type Watcher, type WatcherOptions } from './watcher.ts'
