import type { Catalog, Relation } from '../catalog/catalog.ts'
import { quoted, quotedRelation } from '../catalog/identifier.ts'
import type { ExpectedCatalog } from '../manifest/manifest.ts'
import { type Access, type Difference, everyAccess } from './difference.ts'

const rights: readonly { readonly letter: string; readonly sql: string; readonly access: Access }[] = [
  { letter: 'r', sql: 'select', access: 'read' },
  { letter: 'a', sql: 'insert', access: 'insert' },
  { letter: 'w', sql: 'update', access: 'update' },
]

/** Rights that the role should have on a relation and does not. Having more than that is no finding. */
export function diffRights(table: string, expected: Relation, actual: Relation, role: string): Difference[] {
  const found: Difference[] = []
  for (const { letter, sql, access } of rights) {
    const lost = Object.keys(expected.columns).filter(
      (name) =>
        expected.columns[name]?.privileges.includes(letter) &&
        actual.columns[name]?.privileges.includes(letter) === false,
    )
    const whole = lost.length === Object.keys(expected.columns).length
    for (const column of whole ? [undefined] : lost)
      found.push(lostRight({ table, column, sql, access, role }))
  }
  if (expected.privileges.includes('d') && !actual.privileges.includes('d'))
    found.push(lostRight({ table, column: undefined, sql: 'delete', access: 'delete', role }))
  return found
}

function lostRight(lost: {
  readonly table: string
  /** Without one all of the table. */
  readonly column: string | undefined
  readonly sql: string
  readonly access: Access
  readonly role: string
}): Difference {
  const { table, column, sql, access, role } = lost
  const path = column === undefined ? table : `${table}.${column}`
  const what = column === undefined ? sql : `${sql} (${quoted(column)})`
  return {
    path,
    kind: 'right_missing',
    class: access === 'read' ? 'breaking_read' : 'breaking_write',
    expected: `${sql} granted`,
    actual: `${sql} not granted to ${role}`,
    explanation: `${role} may not ${sql} ${path}, so statements that do fail (42501).`,
    remedy: `grant ${what} on ${quotedRelation(table)} to evergrant_service`,
    additive: true,
    touches: [{ table, ...(column === undefined ? {} : { columns: [column] }), access: [access] }],
  }
}

/** Rights on schemas, functions and sequences. */
export function diffObjectRights(expected: ExpectedCatalog, actual: Catalog): Difference[] {
  const { role } = actual.server
  const refuse = (path: string, right: string, on: string, more: Partial<Difference>): Difference => ({
    path,
    kind: 'right_missing',
    class: 'breaking_write',
    expected: `${right} granted`,
    actual: `${right} not granted to ${role}`,
    explanation: `${role} has no ${right} on ${path}, so statements that need it fail (42501).`,
    remedy: `grant ${right} on ${on} to evergrant_service`,
    additive: true,
    ...more,
  })
  return [
    ...Object.keys(expected.schemas)
      .filter((name) => expected.schemas[name]?.usage && actual.schemas[name]?.usage === false)
      .map((name) =>
        refuse(name, 'usage', `schema ${quoted(name)}`, {
          class: 'breaking_read',
          touches: Object.keys(expected.relations)
            .filter((table) => (name === 'public' ? !table.includes('.') : table.startsWith(`${name}.`)))
            .map((table) => ({ table, access: everyAccess })),
        }),
      ),
    ...Object.keys(expected.functions)
      .filter((name) => expected.functions[name]?.execute && actual.functions[name]?.execute === false)
      .map((name) => refuse(name, 'execute', `function ${name}`, { calls: [name] })),
    ...Object.keys(expected.sequences)
      .filter((name) => expected.sequences[name]?.usage && actual.sequences[name]?.usage === false)
      .map((name) => refuse(name, 'usage', `sequence ${quotedRelation(name)}`, { calls: [name] })),
  ]
}
