import { publicNamesOf, readCatalog } from '../catalog/read-catalog.ts'
import type { Sql } from '../catalog/sql.ts'
import { journalStanding } from '../diff/diff-journal.ts'
import { verificationErrors } from '../errors.ts'
import type { Manifest, MigrationPhase } from '../manifest/manifest.ts'
import { obstacleTo, whyUnreadable } from '../unverifiable.ts'
import { phaseOf } from './migration-phase.ts'

export interface MigrationStanding {
  readonly name: string
  /** `unknown` was applied by a newer release, `unrecorded` is there without being in the journal. */
  readonly state: 'applied' | 'pending' | 'edited' | 'unknown' | 'unrecorded' | 'half_applied'
  readonly phase: MigrationPhase
}

/** Every migration the code or the database knows, in order.
 * @throws DomainError when it cannot be told: no rights to the journal, a standby, another service's database … */
export async function migrationStatus(sql: Sql, manifest: Manifest): Promise<MigrationStanding[]> {
  const catalog = await readCatalog(sql, {
    schemas: manifest.contract.schemas,
    names: publicNamesOf(manifest),
  }).catch((error: unknown) => {
    throw whyUnreadable(error)
  })
  const obstacle = obstacleTo(manifest, catalog)
  if (obstacle !== undefined && obstacle.code !== 'migration_half_applied') throw obstacle
  const untouched = !Object.hasOwn(catalog.relations, 'mikro_orm_migrations')
  const standing = journalStanding(manifest, untouched ? { ...catalog, journal: [] } : catalog)
  if (standing === null)
    throw verificationErrors.rights_missing({ message: 'This login may not read the migration journal.' })
  const edited = await editedOnes(sql, manifest, Object.hasOwn(catalog.relations, 'es.migration_checksum'))
  const stateOf = (name: string): MigrationStanding['state'] => {
    if (standing.pending.includes(name)) return 'pending'
    if (standing.halfApplied.includes(name)) return 'half_applied'
    if (standing.unrecorded.includes(name)) return 'unrecorded'
    return edited.includes(name) ? 'edited' : 'applied'
  }
  return [
    ...manifest.migrations.map(({ name, phase }) => ({ name, phase, state: stateOf(name) })),
    ...standing.ahead.map((name) => ({ name, phase: phaseOf(name), state: 'unknown' as const })),
  ]
}

async function editedOnes(sql: Sql, { migrations }: Manifest, recorded: boolean): Promise<string[]> {
  if (!recorded) return []
  const rows = await sql<{ name: string; checksum: string }>(
    'select name, checksum from es.migration_checksum',
  )
  return rows
    .filter(({ name, checksum }) =>
      migrations.some((known) => known.name === name && known.checksum !== checksum),
    )
    .map(({ name }) => name)
}
