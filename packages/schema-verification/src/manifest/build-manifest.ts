import type { MigrationObject } from '@mikro-orm/core'
import { type AnyEntity, type EntityClass, type EntitySchema, MikroORM } from '@mikro-orm/postgresql'
import { Client } from 'pg'
import { readCatalog } from '../catalog/read-catalog.ts'
import type { Sql } from '../catalog/sql.ts'
import { pathsOf } from '../diff/diff-journal.ts'
import { migrationChecksums } from '../migrations/migration-checksum.ts'
import { phaseOf } from '../migrations/migration-phase.ts'
import type { DeclaredContract } from './contract.ts'
import { type ExpectedCatalog, type Manifest, type ManifestMigration, manifestHash } from './manifest.ts'
import { compareMetadata } from './metadata-agreement.ts'
import { resolveContract } from './resolve-contract.ts'

export interface ManifestSource {
  /** An empty database of its own, as a role that may do anything in it. */
  readonly url: string
  readonly contract: DeclaredContract
  readonly migrations: readonly MigrationObject[]
  readonly entities: readonly (EntityClass<AnyEntity> | EntitySchema)[]
  /** Applies a list of migrations, of which earlier ones may be applied already. */
  readonly migrate: (url: string, migrations: readonly MigrationObject[]) => Promise<unknown>
  /** The group role that the migrations grant to. */
  readonly role: string
}

/** Replays all migrations, one by one, and writes down what PostgreSQL then says.
 * @throws TypeError when metadata, contract and migrations do not agree, with everything that is wrong. */
export async function buildManifest(source: ManifestSource): Promise<Manifest> {
  const { url, migrations, contract } = source
  const client = new Client({ connectionString: url })
  await client.connect()
  const orm = await MikroORM.init({
    clientUrl: url,
    entities: [...source.entities],
    discovery: { warnWhenNoEntities: false },
    ensureDatabase: false,
    logger: () => undefined,
  })
  try {
    const sql: Sql = async <Row>(text: string, params: readonly unknown[] = []) =>
      (await client.query(text, [...params])).rows as Row[]
    const read = () => readCatalog(sql, { schemas: contract.schemas, role: source.role })
    const steps: ManifestMigration[] = []
    const checksums = await migrationChecksums(migrations)
    let before = new Set<string>()
    for (const [n, migration] of migrations.entries()) {
      await source.migrate(url, migrations.slice(0, n + 1))
      const after = pathsOf(await read())
      steps.push({
        name: migration.name,
        checksum: checksums[n]?.checksum ?? '',
        phase: phaseOf(migration.name),
        adds: after.filter((path) => !before.has(path) && !path.startsWith('mikro_orm_migrations')),
      })
      before = new Set(after)
    }
    const whole = await read()
    const { entities, quarrels } = await compareMetadata(orm, whole, sql)
    if (quarrels.length > 0)
      throw new TypeError(`${contract.service}: entities and migrations do not agree. ${quarrels.join(' ')}`)
    return withHash({
      format: 1,
      service: contract.service,
      postgresMajor: Math.floor(whole.server.version / 10_000),
      catalog: expectedPart(whole),
      migrations: steps,
      entities,
      contract: resolveContract(contract, whole),
    })
  } finally {
    await orm.close(true)
    await client.end()
  }
}

function expectedPart({ schemas, relations, enums, functions, sequences }: ExpectedCatalog): ExpectedCatalog {
  return { schemas, relations, enums, functions, sequences }
}

function withHash(content: Omit<Manifest, 'hash'>): Manifest {
  return { ...content, hash: manifestHash({ ...content, hash: '' }) }
}
