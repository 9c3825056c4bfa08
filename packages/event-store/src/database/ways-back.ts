import type { MigrationObject } from '@mikro-orm/core'
import { Migration as SqlMigration } from '@mikro-orm/migrations'
import { MikroORM } from '@mikro-orm/postgresql'

export interface WayBack {
  readonly name: string
  readonly reversible: boolean
  /** What `down` destroys and `up` cannot restore, in the migration's own words; null where it does not say. */
  readonly loses: readonly string[] | null
}

/** Which migrations can be taken back, and what that costs. No checksum covers it: a way back may be mended. */
export async function waysBack(migrations: readonly MigrationObject[]): Promise<WayBack[]> {
  // Never connects: a migration only needs a driver to be made.
  const orm = await MikroORM.init({ dbName: 'none', entities: [], discovery: { warnWhenNoEntities: false } })
  return migrations.map(({ name, class: Migration }) => {
    const migration = new Migration(orm.em.getDriver(), orm.config)
    return {
      name,
      reversible: migration.down !== undefined && migration.down !== SqlMigration.prototype.down,
      loses: 'loses' in migration && isList(migration.loses) ? migration.loses : null,
    }
  })
}

function isList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
