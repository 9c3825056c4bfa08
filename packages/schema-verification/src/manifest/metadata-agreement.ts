import type { EntityMetadata, EntityProperty, MikroORM } from '@mikro-orm/postgresql'
import { quoted } from '../catalog/identifier.ts'
import type { Sql } from '../catalog/sql.ts'
import type { ExpectedCatalog } from './manifest.ts'

export interface MetadataAgreement {
  /** `user_oauth_tokens.scope` → `UserOauthToken.scope`. */
  readonly entities: Record<string, string>
  /** One sentence for each thing on which entities and migrations do not agree. */
  readonly quarrels: readonly string[]
}

/** Compares ORM metadata with what the migrations made, in both directions. `sql` needs to be one session that may
 * create temporary tables: PostgreSQL itself says what a column type of the metadata is called. */
export async function compareMetadata(
  orm: MikroORM,
  catalog: ExpectedCatalog,
  sql: Sql,
): Promise<MetadataAgreement> {
  const entities: Record<string, string> = {}
  const quarrels: string[] = []
  for (const meta of orm.getMetadata().getAll().values()) {
    const table = tableOf(meta)
    const relation = catalog.relations[table]
    if (relation === undefined) {
      quarrels.push(`${meta.className} stands on ${table}, which no migration makes.`)
      continue
    }
    const properties = columnsOf(meta)
    const types = await canonicalTypes(properties, sql)
    for (const [column, property] of properties) {
      const name = `${meta.className}.${property.name}`
      entities[`${table}.${column}`] = name
      const there = relation.columns[column]
      if (there === undefined)
        quarrels.push(`${name} stands on ${table}.${column}, which no migration makes.`)
      else {
        const type = types.get(column)
        if (type !== there.type) quarrels.push(`${name} is ${type}, ${table}.${column} is ${there.type}.`)
        if ((property.nullable ?? false) === there.notNull)
          quarrels.push(`${name} and ${table}.${column} do not agree on whether it may be null.`)
      }
    }
    for (const column of Object.keys(relation.columns))
      if (!properties.has(column)) quarrels.push(`${table}.${column} has no property in ${meta.className}.`)
  }
  return { entities, quarrels }
}

function tableOf({ schema, tableName }: EntityMetadata): string {
  return schema === undefined || schema === 'public' ? tableName : `${schema}.${tableName}`
}

function columnsOf(meta: EntityMetadata): Map<string, EntityProperty> {
  return new Map(
    meta.props
      .filter((property) => property.persist !== false)
      .flatMap((property) => property.fieldNames.map((column) => [column, property] as const)),
  )
}

async function canonicalTypes(properties: ReadonlyMap<string, EntityProperty>, sql: Sql) {
  const columns = [...properties].map(([column, { columnTypes }]) => `${quoted(column)} ${columnTypes[0]}`)
  await sql(`create temporary table metadata_types (${columns.join(', ')})`)
  try {
    const rows = await sql<{ name: string; type: string }>(
      `select attname as name, format_type(atttypid, atttypmod) as type from pg_catalog.pg_attribute
        where attrelid = 'pg_temp.metadata_types'::regclass and attnum > 0`,
    )
    // Six digits are what a timestamp has anyway.
    return new Map(rows.map(({ name, type }) => [name, type.replace('(6) with', ' with')]))
  } finally {
    await sql('drop table pg_temp.metadata_types')
  }
}
