import type { Column, Relation } from '../catalog/catalog.ts'
import { columnDefinition } from '../catalog/column-definition.ts'
import { quoted, quotedRelation } from '../catalog/identifier.ts'
import { compareTypes } from './compare-types.ts'
import { type Difference, everyAccess, writes } from './difference.ts'

/** Columns that are gone, new or changed. Rights are compared elsewhere. */
export function diffColumns(table: string, expected: Relation, actual: Relation): Difference[] {
  const missing = Object.keys(expected.columns).filter((name) => !Object.hasOwn(actual.columns, name))
  const extra = Object.keys(actual.columns).filter((name) => !Object.hasOwn(expected.columns, name))
  const renames = renamed(missing, extra, expected, actual)
  const taken = new Set(renames.values())
  return [
    ...Object.entries(expected.columns).flatMap(([name, column]) => {
      const now = actual.columns[name]
      if (now === undefined) return [missingColumn(table, name, column, renames.get(name))]
      return changedColumn({ table, name, column, now })
    }),
    ...Object.entries(actual.columns)
      .filter(([name]) => extra.includes(name) && !taken.has(name))
      .map(([name, column]) => extraColumn(table, name, column)),
  ]
}

// One gone and one new of the same kind: whoever did that renamed it.
function renamed(missing: readonly string[], extra: readonly string[], expected: Relation, actual: Relation) {
  const pairs = new Map<string, string>()
  for (const name of missing) {
    const likely = extra.filter(
      (other) =>
        ![...pairs.values()].includes(other) && expected.columns[name]?.type === actual.columns[other]?.type,
    )
    const closest = likely.find((other) => other.includes(name) || name.includes(other)) ?? likely[0]
    if (closest !== undefined) pairs.set(name, closest)
  }
  return pairs
}

function missingColumn(table: string, name: string, column: Column, rename: string | undefined): Difference {
  const path = `${table}.${name}`
  const alter = `alter table ${quotedRelation(table)}`
  const touches = [{ table, columns: [name], access: everyAccess }]
  const expected = columnDefinition(column)
  if (rename !== undefined)
    return {
      path,
      kind: 'column_renamed',
      class: 'breaking_read',
      expected,
      actual: `renamed to ${rename}`,
      explanation: `Column ${path} is gone and ${table}.${rename} of the same type is new: it was renamed. Every statement that names ${name} fails; an ORM that selects * reads it as undefined.`,
      remedy: `${alter} rename column ${quoted(rename)} to ${quoted(name)}`,
      touches,
    }
  const fillable = !column.notNull || column.default !== null
  // The catalog does not keep what a column is computed from.
  const remedy = column.generated
    ? {}
    : {
        remedy: `${alter} add column ${quoted(name)} ${columnDefinition({ ...column, notNull: column.notNull && fillable })}`,
        additive: fillable,
      }
  return {
    path,
    kind: 'column_missing',
    class: 'breaking_read',
    expected,
    actual: null,
    explanation: `Column ${path} does not exist. Every statement that names it fails; an ORM that selects * reads it as undefined.`,
    ...remedy,
    touches,
  }
}

function extraColumn(table: string, name: string, column: Column): Difference {
  const path = `${table}.${name}`
  const filled = column.default !== null || column.identity !== null || column.generated
  const breaks = column.notNull && !filled
  return {
    path,
    kind: breaks ? 'column_extra_not_null' : 'column_extra',
    class: breaks ? 'breaking_write' : 'info',
    expected: null,
    actual: columnDefinition(column),
    explanation: breaks
      ? `Column ${path} is not in any migration, must not be null and has no default, so every insert into ${table} fails.`
      : `Column ${path} is not in any migration. Nothing here uses it.`,
    ...(breaks
      ? { remedy: `alter table ${quotedRelation(table)} alter column ${quoted(name)} drop not null` }
      : {}),
    touches: [{ table, access: ['insert'] }],
  }
}

interface ChangedColumn {
  readonly table: string
  readonly name: string
  readonly column: Column
  readonly now: Column
}

function changedColumn(change: ChangedColumn): Difference[] {
  return [
    ...changedType(change),
    ...changedNullability(change),
    ...changedDefault(change),
    ...changedNature(change),
  ]
}

function changedType({ table, name, column, now }: ChangedColumn): Difference[] {
  if (column.type === now.type) return []
  const path = `${table}.${name}`
  const verdict = compareTypes(column.type, now.type)
  return [
    {
      path,
      kind: 'type_changed',
      class: verdict.class,
      expected: column.type,
      actual: now.type,
      explanation: `Column ${path} is ${now.type} instead of ${column.type}: ${verdict.why}.`,
      remedy: `alter table ${quotedRelation(table)} alter column ${quoted(name)} type ${column.type}${verdict.using(quoted(name))}`,
      touches: [
        { table, columns: [name], access: verdict.class === 'breaking_write' ? writes : everyAccess },
      ],
    },
  ]
}

function changedNullability({ table, name, column, now }: ChangedColumn): Difference[] {
  if (column.notNull === now.notNull) return []
  const path = `${table}.${name}`
  const alter = `alter table ${quotedRelation(table)} alter column ${quoted(name)}`
  const words = (notNull: boolean) => (notNull ? 'not null' : 'nullable')
  return [
    {
      path,
      kind: now.notNull ? 'not_null_added' : 'not_null_dropped',
      class: now.notNull ? 'breaking_write' : 'integrity',
      expected: words(column.notNull),
      actual: words(now.notNull),
      explanation: now.notNull
        ? `Column ${path} must not be null any more, so writes without a value for it fail.`
        : `Column ${path} may be null, so rows the code cannot make sense of may get in.`,
      remedy: now.notNull ? `${alter} drop not null` : `${alter} set not null`,
      touches: [{ table, columns: [name], access: writes }],
    },
  ]
}

function changedDefault({ table, name, column, now }: ChangedColumn): Difference[] {
  if (column.default === now.default || column.generated !== now.generated) return []
  const path = `${table}.${name}`
  const alter = `alter table ${quotedRelation(table)} alter column ${quoted(name)}`
  const common = { path, expected: column.default, actual: now.default }
  if (column.default === null)
    return [
      {
        ...common,
        kind: 'default_added',
        class: 'info',
        explanation: `Column ${path} has a default that no migration gave it.`,
        remedy: `${alter} drop default`,
      },
    ]
  const dropped = now.default === null
  const breaks = dropped && now.notNull
  return [
    {
      ...common,
      kind: dropped ? 'default_dropped' : 'default_changed',
      class: breaks ? 'breaking_write' : 'silent',
      explanation: breaks
        ? `Column ${path} lost its default and must not be null, so inserts that rely on it fail.`
        : `Column ${path} is filled with ${now.default ?? 'null'} instead of ${column.default} wherever an insert leaves it out.`,
      remedy: `${alter} set default ${column.default}`,
      additive: dropped,
      touches: [{ table, access: ['insert'] }],
    },
  ]
}

function changedNature({ table, name, column, now }: ChangedColumn): Difference[] {
  const path = `${table}.${name}`
  const alter = `alter table ${quotedRelation(table)} alter column ${quoted(name)}`
  const natural = (of: Column) =>
    of.generated ? 'generated' : of.identity === null ? 'ordinary' : `identity (${of.identity})`
  const found: Difference[] = []
  if (column.generated && !now.generated)
    found.push({
      path,
      kind: 'generation_dropped',
      class: 'silent',
      expected: 'generated',
      actual: natural(now),
      explanation: `Column ${path} is not computed any more: new rows leave it empty, without an error.`,
      touches: [{ table, columns: [name], access: everyAccess }],
    })
  else if (natural(column) !== natural(now))
    found.push({
      path,
      kind: now.generated ? 'column_generated' : 'identity_changed',
      class: 'breaking_write',
      expected: natural(column),
      actual: natural(now),
      explanation: `Column ${path} is ${natural(now)} instead of ${natural(column)}: writes that give it a value, or leave it out, fail.`,
      ...(now.generated ? { remedy: `${alter} drop expression` } : {}),
      touches: [{ table, columns: [name], access: writes }],
    })
  if (column.collation !== now.collation)
    found.push({
      path,
      kind: 'collation_changed',
      class: 'silent',
      expected: column.collation ?? 'default',
      actual: now.collation ?? 'default',
      explanation: `Column ${path} sorts and compares by another collation, so lists change their order and ranges their content.`,
      remedy: `${alter} type ${now.type} collate "${column.collation ?? 'default'}"`,
      touches: [{ table, columns: [name], access: ['read'] }],
    })
  return found
}
