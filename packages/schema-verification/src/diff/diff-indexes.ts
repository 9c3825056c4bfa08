import type { Index, Relation } from '../catalog/catalog.ts'
import { quoted, quotedRelation, schemaOf } from '../catalog/identifier.ts'
import { isConflictTarget } from './diff-constraints.ts'
import { type Difference, writes } from './difference.ts'

/** Indexes that are gone, new, broken or changed. Those of a constraint are told with it, except when they are broken. */
export function diffIndexes(
  table: string,
  expected: Relation,
  actual: Relation,
  conflictTargets: readonly (readonly string[])[],
): Difference[] {
  const found: Difference[] = []
  for (const [name, index] of Object.entries(expected.indexes)) {
    const now = actual.indexes[name]
    if (now === undefined) {
      if (!index.ofConstraint) found.push(missingIndex({ table, name, index, conflictTargets }))
    } else if (!now.valid && index.valid) found.push(invalidIndex(table, name, now))
    else if (!index.ofConstraint && now.definition !== index.definition)
      found.push(changedIndex({ table, name, index, conflictTargets }, now))
  }
  for (const [name, index] of Object.entries(actual.indexes))
    if (!index.ofConstraint && !Object.hasOwn(expected.indexes, name))
      found.push(extraIndex(table, name, index))
  return found
}

interface OfIndex {
  readonly table: string
  readonly name: string
  readonly index: Index
  readonly conflictTargets: readonly (readonly string[])[]
}

function weight({ index, conflictTargets }: OfIndex) {
  if (!index.unique) return 'performance'
  return isConflictTarget(index.columns, conflictTargets) ? 'breaking_write' : 'integrity'
}

function missingIndex(of: OfIndex): Difference {
  const { table, name, index } = of
  return {
    path: `${table}(${name})`,
    kind: 'index_missing',
    class: weight(of),
    expected: index.definition,
    actual: null,
    explanation: index.unique
      ? `The unique index ${name} of ${table} is gone, so duplicates get in and what relies on it fails.`
      : `The index ${name} of ${table} is gone: the statements it serves read the whole table.`,
    remedy: concurrently(index.definition),
    additive: !index.unique,
    touches: [{ table, columns: index.columns, access: writes }],
  }
}

function invalidIndex(table: string, name: string, index: Index): Difference {
  return {
    path: `${table}(${name})`,
    kind: 'index_invalid',
    class: index.unique ? 'integrity' : 'performance',
    expected: 'valid',
    actual: 'invalid',
    explanation: `The index ${name} of ${table} is not valid (a concurrent build that failed): nothing reads it, every write pays for it${index.unique ? ', and it does not keep duplicates out' : ''}.`,
    remedy: `reindex index concurrently ${quoted(schemaOf(table))}.${quoted(name)}`,
    additive: !index.unique,
    touches: [{ table, access: writes }],
  }
}

function changedIndex(of: OfIndex, now: Index): Difference {
  const { table, name, index } = of
  return {
    path: `${table}(${name})`,
    kind: 'index_changed',
    class: weight(of),
    expected: index.definition,
    actual: now.definition,
    explanation: `The index ${name} of ${table} is another one now; the statements it was made for may not use it.`,
    remedy: `drop index ${quoted(schemaOf(table))}.${quoted(name)}; ${index.definition}`,
    touches: [{ table, columns: index.columns, access: writes }],
  }
}

function extraIndex(table: string, name: string, index: Index): Difference {
  return {
    path: `${table}(${name})`,
    kind: index.unique ? 'unique_index_extra' : 'index_extra',
    class: index.unique ? 'breaking_write' : 'info',
    expected: null,
    actual: index.definition,
    explanation: index.unique
      ? `The unique index ${name} of ${quotedRelation(table)} is in no migration; it may refuse what the code writes.`
      : `The index ${name} of ${table} is in no migration. It costs a little with every write.`,
    touches: [{ table, columns: index.columns, access: writes }],
    impact: 'degraded',
  }
}

function concurrently(definition: string): string {
  return definition.replace(/(CREATE (?:UNIQUE )?INDEX)/, '$1 CONCURRENTLY')
}
