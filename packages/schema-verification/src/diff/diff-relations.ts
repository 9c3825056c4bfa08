import type { Catalog, Relation } from '../catalog/catalog.ts'
import { quoted, quotedRelation, schemaOf } from '../catalog/identifier.ts'
import type { Manifest } from '../manifest/manifest.ts'
import { diffColumns } from './diff-columns.ts'
import { diffConstraints } from './diff-constraints.ts'
import { diffGuards } from './diff-guards.ts'
import { diffIndexes } from './diff-indexes.ts'
import { diffRights } from './diff-rights.ts'
import { type Difference, everyAccess, writes } from './difference.ts'

/** Tables and everything that hangs on them. */
export function diffRelations({ catalog: expected, contract }: Manifest, actual: Catalog): Difference[] {
  const missing = Object.keys(expected.relations).filter((name) => !Object.hasOwn(actual.relations, name))
  const extra = new Set(
    Object.keys(actual.relations).filter((name) => !Object.hasOwn(expected.relations, name)),
  )
  const found = missing.map((name) => {
    const twin = [...extra].find(
      (other) => shapeOf(expected.relations[name]) === shapeOf(actual.relations[other]),
    )
    if (twin !== undefined) extra.delete(twin)
    return missingRelation(name, twin, actual)
  })
  for (const [name, relation] of Object.entries(expected.relations)) {
    const now = actual.relations[name]
    if (now === undefined) continue
    const targets = conflictTargetsOf(contract, name)
    found.push(
      ...diffItself(name, relation, now),
      ...diffColumns(name, relation, now),
      ...diffRights(name, relation, now, actual.server.role),
    )
    // A view has no constraints, indexes or triggers of its own; that it is a view says it all.
    if (relation.kind !== now.kind) continue
    found.push(
      ...diffConstraints(name, relation, now, targets),
      ...diffIndexes(name, relation, now, targets),
      ...diffGuards(name, relation, now),
    )
  }
  for (const name of extra) found.push(extraRelation(name, actual.relations[name]))
  return found
}

function conflictTargetsOf({ capabilities }: Manifest['contract'], table: string) {
  return Object.values(capabilities).flatMap(({ uses }) =>
    uses.flatMap((use) => (use.table === table && use.conflictOn ? [use.conflictOn] : [])),
  )
}

function shapeOf(relation: Relation | undefined): string {
  return Object.entries(relation?.columns ?? {})
    .map(([name, { type }]) => `${name} ${type}`)
    .sort()
    .join()
}

function missingRelation(name: string, twin: string | undefined, actual: Catalog): Difference {
  const bare = name.slice(name.indexOf('.') + 1)
  const elsewhere = actual.namesakes.find((other) => other.name === bare)
  const common = {
    path: name,
    class: name === 'mikro_orm_migrations' ? 'integrity' : 'breaking_read',
    expected: 'table',
    touches: [{ table: name, access: everyAccess }],
  } as const
  // Its rows still exist under the other name: creating it anew would hide that.
  if (twin !== undefined)
    return {
      ...common,
      kind: 'table_renamed',
      actual: `renamed to ${twin}`,
      explanation: `Table ${name} is gone and ${twin} has its columns: it was renamed, with all its rows.`,
      remedy: `alter table ${quotedRelation(twin)} rename to ${quoted(bare)}`,
    }
  if (elsewhere !== undefined)
    return {
      ...common,
      kind: 'table_moved',
      actual: `${elsewhere.schema}.${elsewhere.name}`,
      explanation: `Table ${name} is gone from ${schemaOf(name)} and there is one of that name in ${elsewhere.schema}: it was moved.`,
      remedy: `alter table ${quoted(elsewhere.schema)}.${quoted(bare)} set schema ${quoted(schemaOf(name))}`,
    }
  return {
    ...common,
    kind: 'table_missing',
    actual: null,
    explanation: `Table ${name} does not exist. Every statement on it fails; what it held has to come from a backup or, for a projection, from a rebuild.`,
  }
}

function diffItself(table: string, expected: Relation, actual: Relation): Difference[] {
  const found: Difference[] = []
  const name = quotedRelation(table)
  if (expected.kind !== actual.kind)
    found.push({
      path: table,
      kind: 'relation_kind_changed',
      class: 'breaking_write',
      expected: expected.kind,
      actual: actual.kind,
      explanation: `${table} is a ${actual.kind} instead of a ${expected.kind}: reads may look right, upserts fail.`,
      touches: [{ table, access: writes }],
    })
  if (expected.persistence !== actual.persistence)
    found.push({
      path: table,
      kind: 'persistence_changed',
      class: 'integrity',
      expected: expected.persistence,
      actual: actual.persistence,
      explanation: `${table} is ${actual.persistence}: ${actual.persistence === 'unlogged' ? 'a crash empties it, and no replica has it' : 'it is not kept as it should be'}.`,
      remedy: `alter table ${name} set ${expected.persistence === 'unlogged' ? 'unlogged' : 'logged'}`,
      touches: [{ table, access: writes }],
    })
  if (expected.ownedByMigrator === true && actual.ownedByMigrator === false)
    found.push({
      path: table,
      kind: 'owner_changed',
      class: 'integrity',
      expected: 'owned by the migrator',
      actual: 'owned by another role',
      explanation: `${table} belongs to another role: the next migration of it fails, and its owner may change it.`,
      remedy: `alter table ${name} owner to evergrant_migrator`,
      touches: [{ table, access: [] }],
    })
  return found
}

function extraRelation(name: string, relation: Relation | undefined): Difference {
  return {
    path: name,
    kind: 'table_extra',
    class: 'info',
    expected: null,
    actual: relation?.kind ?? null,
    explanation: `${name} is in no migration. Nothing here uses it.`,
  }
}
