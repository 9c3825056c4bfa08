import { join } from 'node:path'
import { type DatabaseOptions, migrate } from '@evergrant/event-store'
import {
  buildManifest,
  type DeclaredContract,
  hashOf,
  type Manifest,
  migrationChecksums,
  resolveContract,
} from '@evergrant/schema-verification'
import { Client } from 'pg'
import { migrations as calendarMigrations } from '../../services/calendar-service/src/migrations/all.ts'
import { schemaContract as calendarContract } from '../../services/calendar-service/src/schema-contract.ts'
import { migrations as oauthMigrations } from '../../services/oauth-service/src/migrations/all.ts'
import { AuthorizationDue } from '../../services/oauth-service/src/projections/authorizations-due.ts'
import { KnownGrant } from '../../services/oauth-service/src/projections/known-grants.ts'
import { schemaContract as oauthContract } from '../../services/oauth-service/src/schema-contract.ts'
import { migrations as tokenMigrations } from '../../services/token-service/src/migrations/all.ts'
import { UserOauthToken } from '../../services/token-service/src/projections/user-oauth-token.ts'
import { schemaContract as tokenContract } from '../../services/token-service/src/schema-contract.ts'

/** What each service's manifest is made of. */
export interface ServiceSchema {
  readonly contract: DeclaredContract
  readonly migrations: Parameters<typeof migrate>[0]['migrations']
  readonly entities: NonNullable<DatabaseOptions['entities']>
}

export const serviceSchemas: readonly ServiceSchema[] = [
  { contract: calendarContract, migrations: calendarMigrations, entities: [] },
  { contract: oauthContract, migrations: oauthMigrations, entities: [AuthorizationDue, KnownGrant] },
  { contract: tokenContract, migrations: tokenMigrations, entities: [UserOauthToken] },
]

const role = 'evergrant_service'

/** Where a service's manifest is committed. */
export function manifestFile(root: string, service: string): string {
  return join(root, 'services', service, 'schema.manifest.json')
}

/** Replays a service's migrations in a database of its own on that server, and drops it again. */
export async function manifestOf(
  { contract, migrations, entities }: ServiceSchema,
  adminUrl: string,
): Promise<Manifest> {
  const name = `manifest_${contract.service.replace('-', '_')}_${process.pid}`
  const admin = new Client({ connectionString: adminUrl })
  await admin.connect()
  try {
    await createRole(admin)
    await admin.query(`create database ${name} template template0`)
    const url = new URL(adminUrl)
    url.pathname = `/${name}`
    return await buildManifest({
      url: url.href,
      contract,
      migrations,
      entities,
      role,
      migrate: (into, some) => migrate({ url: into, migrations: some }),
    })
  } finally {
    await admin.query(`drop database if exists ${name} with (force)`)
    await admin.end()
  }
}

// On a fresh server nobody made the group that the migrations grant to.
async function createRole(admin: Client): Promise<void> {
  const { rowCount } = await admin.query('select from pg_roles where rolname = $1', [role])
  if (rowCount === 0) await admin.query(`create role ${role} nologin`)
}

/** Whether the committed manifest is that of today's migrations and contract, as far as that shows without a server;
 * test/drift replays the migrations and compares everything. */
export async function looksCurrent(
  { contract, migrations }: ServiceSchema,
  manifest: Manifest,
): Promise<boolean> {
  const recorded = manifest.migrations.map(({ name, checksum }) => ({ name, checksum }))
  return (
    hashOf(recorded) === hashOf(await migrationChecksums(migrations)) &&
    hashOf(manifest.contract) === hashOf(resolveContract(contract, manifest.catalog))
  )
}
