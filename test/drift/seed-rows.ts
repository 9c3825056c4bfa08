import type { Catalog, Relation, Sql } from '@evergrant/schema-verification'

/** Rows that every turn writes: of the values that a check allows, the first or the last. */
const turns = [
  { text: 'first', digit: 1, allowed: 0 },
  { text: 'last', digit: 2, allowed: -1 },
] as const
type Turn = (typeof turns)[number]

// What no column can tell by itself: a held message has an identity or a digest, and only a calendar is a calendar.
const given: Readonly<Record<string, unknown>> = {
  'inbox.held.digest': null,
  'synced_resource.kind': 'calendar',
}

/** Two rows in every table that the migrations made. Whatever refers to another row finds it: keys of one turn are the
 * same in every table. Answers the tables. */
export async function seedRows(sql: Sql, { relations }: Pick<Catalog, 'relations'>): Promise<string[]> {
  // The migrator keeps these two itself.
  const tables = Object.entries(relations).filter(
    ([name]) => name !== 'mikro_orm_migrations' && name !== 'es.migration_checksum',
  )
  for (const turn of turns) {
    let open = tables
    while (open.length > 0) {
      const failures: [(typeof tables)[number], unknown][] = []
      for (const table of open)
        await sql(...insertInto(...table, turn)).catch((error: unknown) => failures.push([table, error]))
      // What others refer to comes first; where a whole round brings nothing on, it is no matter of order.
      if (failures.length === open.length) throw failures[0]?.[1]
      open = failures.map(([table]) => table)
    }
  }
  return tables.map(([name]) => name)
}

function insertInto(name: string, { columns, constraints }: Relation, turn: Turn): [string, unknown[]] {
  const written = Object.entries(columns).filter(
    ([, { identity, generated }]) => identity !== 'always' && !generated,
  )
  const values = written.map(([column, { type }]) => {
    const path = `${name}.${column}`
    if (Object.hasOwn(given, path)) return given[path]
    const check = Object.values(constraints).find(
      (constraint) => constraint.type === 'check' && constraint.columns.join() === column,
    )
    const allowed = [...(check?.definition.matchAll(/'([^']*)'/g) ?? [])].map(([, value]) => value)
    return allowed.at(turn.allowed) ?? valueFor(type, turn)
  })
  return [
    `insert into ${name} (${written.map(([column]) => column).join(', ')})
     values (${values.map((_, n) => `$${n + 1}`).join(', ')}) on conflict do nothing`,
    values,
  ]
}

function valueFor(type: string, { text, digit }: Turn): unknown {
  const uuid = `00000000-0000-7000-8000-00000000000${digit}`
  if (type === 'uuid') return uuid
  if (type === 'uuid[]') return [uuid]
  if (type === 'text[]') return [text]
  if (type === 'integer[]') return [digit]
  if (type === 'jsonb') return '{}'
  if (type === 'boolean') return digit === 1
  if (type === 'bytea') return Buffer.from(text)
  if (type.startsWith('timestamp')) return `2026-11-0${digit}T00:00:00Z`
  if (/^(smallint|integer|bigint|double precision)$/.test(type)) return digit
  if (/^(text|character varying)/.test(type)) return text
  throw new TypeError(`no value known for a column of type ${type}`)
}
