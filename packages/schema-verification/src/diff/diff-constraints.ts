import type { Constraint, Relation } from '../catalog/catalog.ts'
import { quoted, quotedRelation } from '../catalog/identifier.ts'
import { acceptedValues } from './accepted-values.ts'
import { type Difference, writes } from './difference.ts'

/** Constraints that are gone, new, weaker or changed. `conflictTargets` are the unique sets that upserts rely on. */
export function diffConstraints(
  table: string,
  expected: Relation,
  actual: Relation,
  conflictTargets: readonly (readonly string[])[],
): Difference[] {
  const extra = new Map(
    Object.entries(actual.constraints).filter(([name]) => !Object.hasOwn(expected.constraints, name)),
  )
  const found: Difference[] = []
  for (const [name, constraint] of Object.entries(expected.constraints)) {
    const now = actual.constraints[name]
    const twin = [...extra].find(([, other]) => sameConstraint(other, constraint))
    if (now !== undefined) found.push(...changedConstraint({ table, name, constraint, now }))
    else if (twin !== undefined) {
      extra.delete(twin[0])
      found.push(renamedConstraint(table, name, twin[0]))
    } else found.push(missingConstraint(table, name, constraint, conflictTargets))
  }
  for (const [name, constraint] of extra) found.push(extraConstraint(table, name, constraint))
  for (const name of actual.disabledForeignKeys)
    if (!expected.disabledForeignKeys.includes(name)) found.push(disabledForeignKey(table, name))
  return found
}

function sameConstraint(one: Constraint, other: Constraint): boolean {
  return one.definition === other.definition && one.validated === other.validated
}

/** Whether an `on conflict` of ours needs exactly these columns to be unique. */
export function isConflictTarget(
  columns: readonly string[],
  targets: readonly (readonly string[])[],
): boolean {
  return targets.some(
    (target) => target.length === columns.length && target.every((column) => columns.includes(column)),
  )
}

function missingConstraint(
  table: string,
  name: string,
  { type, definition, columns, validated }: Constraint,
  conflictTargets: readonly (readonly string[])[],
): Difference {
  const unique = type === 'primary key' || type === 'unique'
  const breaks = unique && isConflictTarget(columns, conflictTargets)
  const consequence = breaks
    ? 'so every upsert on it fails (42P10), and duplicates get in'
    : unique
      ? 'so duplicates get in'
      : type === 'foreign key'
        ? 'so rows may point to nothing'
        : 'so values the code does not know may get in'
  const alter = `alter table ${quotedRelation(table)} add constraint ${quoted(name)} ${definition}`
  return {
    path: `${table}(${name})`,
    kind: `${word(type)}_missing`,
    class: breaks ? 'breaking_write' : 'integrity',
    expected: definition,
    actual: null,
    explanation: `The ${type} ${name} of ${table} is gone, ${consequence}.`,
    remedy:
      unique || !validated
        ? alter
        : `${alter} not valid; alter table ${quotedRelation(table)} validate constraint ${quoted(name)}`,
    additive: type === 'check' || type === 'foreign key',
    touches: [{ table, columns, access: writes }],
  }
}

function extraConstraint(table: string, name: string, { type, definition, columns }: Constraint): Difference {
  return {
    path: `${table}(${name})`,
    kind: `${word(type)}_extra`,
    class: 'breaking_write',
    expected: null,
    actual: definition,
    explanation: `The ${type} ${name} of ${table} is in no migration; it may refuse what the code writes.`,
    remedy: `alter table ${quotedRelation(table)} drop constraint ${quoted(name)}`,
    touches: [{ table, columns, access: writes }],
    // Whether it refuses anything depends on the values; a canary write tells.
    impact: 'degraded',
  }
}

function renamedConstraint(table: string, name: string, now: string): Difference {
  return {
    path: `${table}(${name})`,
    kind: 'constraint_renamed',
    class: 'info',
    expected: name,
    actual: now,
    explanation: `Constraint ${name} of ${table} is called ${now} now; it does the same.`,
    remedy: `alter table ${quotedRelation(table)} rename constraint ${quoted(now)} to ${quoted(name)}`,
  }
}

function disabledForeignKey(table: string, name: string): Difference {
  return {
    path: `${table}(${name})`,
    kind: 'foreign_key_disabled',
    class: 'integrity',
    expected: 'enforced',
    actual: 'its triggers are disabled',
    explanation: `The foreign key ${name} is not enforced on ${table}: somebody disabled the triggers behind it.`,
    remedy: `alter table ${quotedRelation(table)} enable trigger all`,
    touches: [{ table, access: ['insert', 'update', 'delete'] }],
  }
}

interface ChangedConstraint {
  readonly table: string
  readonly name: string
  readonly constraint: Constraint
  readonly now: Constraint
}

function changedConstraint(change: ChangedConstraint): Difference[] {
  const { table, name, constraint, now } = change
  if (constraint.definition !== now.definition) return [otherDefinition(change)]
  if (!constraint.validated || now.validated) return []
  return [
    {
      path: `${table}(${name})`,
      kind: `${word(constraint.type)}_not_valid`,
      class: 'integrity',
      expected: 'validated',
      actual: 'not valid',
      explanation: `The ${constraint.type} ${name} of ${table} was never checked against the rows that were there before it.`,
      remedy: `alter table ${quotedRelation(table)} validate constraint ${quoted(name)}`,
      additive: true,
      touches: [{ table, columns: constraint.columns, access: writes }],
    },
  ]
}

function otherDefinition({ table, name, constraint, now }: ChangedConstraint): Difference {
  const alter = `alter table ${quotedRelation(table)}`
  const common = {
    path: `${table}(${name})`,
    expected: constraint.definition,
    actual: now.definition,
    remedy: `${alter} drop constraint ${quoted(name)}, add constraint ${quoted(name)} ${constraint.definition}`,
    touches: [{ table, columns: constraint.columns, access: writes }],
  }
  const before = acceptedValues(constraint.definition)
  const after = acceptedValues(now.definition)
  if (before !== undefined && after !== undefined && before.frame === after.frame) {
    const refused = [...before.values].filter((value) => !after.values.has(value))
    const added = [...after.values].filter((value) => !before.values.has(value))
    if (refused.length > 0)
      return {
        ...common,
        kind: 'values_narrowed',
        class: 'breaking_write',
        explanation: `${name} refuses ${listed(refused)}, which the code writes.`,
      }
    if (added.length > 0)
      return {
        ...common,
        kind: 'values_widened',
        class: 'integrity',
        explanation: `${name} lets ${listed(added)} through, which the code does not know.`,
      }
    return {
      ...common,
      kind: 'values_reordered',
      class: 'info',
      explanation: `${name} lists the same values in another order.`,
    }
  }
  const refuses = constraint.type === 'check' || constraint.type === 'exclusion'
  return {
    ...common,
    kind: `${word(constraint.type)}_changed`,
    class: refuses ? 'breaking_write' : 'integrity',
    explanation: `The ${constraint.type} ${name} of ${table} says something else now${refuses ? ' and may refuse what the code writes' : ''}.`,
  }
}

function listed(values: readonly string[]): string {
  return values.map((value) => `'${value}'`).join(', ')
}

function word(type: Constraint['type']): string {
  return type.replace(' ', '_')
}
