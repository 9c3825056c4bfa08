import { DomainError } from '@evergrant/decider'
import type { Catalog } from './catalog/catalog.ts'
import { sqlStateOf } from './catalog/sql-states.ts'
import { journalStanding } from './diff/diff-journal.ts'
import { verificationErrors } from './errors.ts'
import type { Manifest } from './manifest/manifest.ts'

const oldestKnown = 15
const newestKnown = 18

/** What makes a verdict impossible although the catalog was read. */
export function obstacleTo(manifest: Manifest, catalog: Catalog): DomainError | undefined {
  const { server } = catalog
  const major = Math.floor(server.version / 10_000)
  if (major < oldestKnown || major > newestKnown)
    return verificationErrors.postgres_version_unknown({
      message: `PostgreSQL ${major} was never checked against; versions ${oldestKnown} to ${newestKnown} are known.`,
    })
  if (server.standby) return verificationErrors.read_only_replica()
  if (server.migrating) return verificationErrors.migration_in_flight({ retryAfterSeconds: 1 })
  const standing = journalStanding(manifest, catalog)
  if (isOfAnotherService(manifest, catalog)) return verificationErrors.database_of_other_service()
  if (standing !== null && standing.halfApplied.length > 0)
    return verificationErrors.migration_half_applied({
      message: `Migration ${standing.halfApplied.join(', ')} is applied in part: some of what it makes is there, and some is not.`,
    })
  return undefined
}

// The event store's tables are the same everywhere; what a service adds tells them apart.
function isOfAnotherService({ migrations, catalog: { relations } }: Manifest, actual: Catalog): boolean {
  const { journal } = actual
  if (journal === null || journal.length === 0) return false
  const own = Object.keys(relations).filter((name) => !name.includes('.') && name !== 'mikro_orm_migrations')
  const foreign = journal.filter((name) => !migrations.some((known) => known.name === name))
  const none = own.every((name) => !Object.hasOwn(actual.relations, name))
  return none && foreign.length > 0
}

/** Names why the catalog could not be read at all. */
export function whyUnreadable(error: unknown): DomainError {
  if (error instanceof DomainError && error.code !== 'database_unavailable') return error
  const code = sqlStateOf(error)
  // 28 wrong login, 3D000 no such database, 42501 not allowed, 42704 no such role.
  if (code !== undefined && /^(28|3D000|42501|42704)/.test(code))
    return verificationErrors.rights_missing({
      message: `The database refuses this login or does not let it look (SQLSTATE ${code}).`,
      cause: error,
    })
  return verificationErrors.database_unreachable({ cause: error, retryAfterSeconds: 1 })
}
