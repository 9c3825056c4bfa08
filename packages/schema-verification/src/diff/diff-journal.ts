import type { Catalog } from '../catalog/catalog.ts'
import type { Manifest, ManifestMigration } from '../manifest/manifest.ts'
import { phaseOf } from '../migrations/migration-phase.ts'
import type { Difference } from './difference.ts'

/** How the migrations on record stand to those the code knows. */
export interface JournalStanding {
  /** Known and not on record, although everything they make is there. */
  readonly unrecorded: readonly string[]
  /** Known, not on record, and nothing they make is there. */
  readonly pending: readonly string[]
  /** Known, not on record, and only some of what they make is there. */
  readonly halfApplied: readonly string[]
  /** On record and unknown: the database is ahead of this code. */
  readonly ahead: readonly string[]
}

/** Null where the journal cannot be read. */
export function journalStanding({ migrations }: Manifest, actual: Catalog): JournalStanding | null {
  const { journal } = actual
  if (journal === null) return null
  const there = new Set(pathsOf(actual))
  const missing = migrations.filter(({ name }) => !journal.includes(name))
  const made = ({ adds }: ManifestMigration) => adds.filter((path) => there.has(path)).length
  return {
    unrecorded: missing.filter((one) => made(one) === one.adds.length && one.adds.length > 0).map(nameOf),
    pending: missing.filter((one) => made(one) === 0).map(nameOf),
    halfApplied: missing.filter((one) => made(one) > 0 && made(one) < one.adds.length).map(nameOf),
    ahead: journal.filter((name) => !migrations.some((known) => known.name === name)),
  }
}

function nameOf({ name }: ManifestMigration): string {
  return name
}

/** Everything with a name of its own in a catalog, as findings name it. */
export function pathsOf(
  catalog: Pick<Catalog, 'relations' | 'enums' | 'functions' | 'sequences' | 'schemas'>,
): string[] {
  return [
    ...Object.entries(catalog.relations).flatMap(([table, { columns, constraints, indexes }]) => [
      table,
      ...Object.keys(columns).map((column) => `${table}.${column}`),
      ...Object.keys({ ...constraints, ...indexes }).map((name) => `${table}(${name})`),
    ]),
    ...Object.keys(catalog.enums),
    ...Object.keys(catalog.functions),
    ...Object.keys(catalog.sequences),
  ].sort()
}

export function diffJournal(manifest: Manifest, actual: Catalog): Difference[] {
  const standing = journalStanding(manifest, actual)
  if (standing === null) return []
  const last = manifest.migrations.at(-1)?.name ?? null
  return [
    ...standing.unrecorded.map(
      (name): Difference => ({
        path: `migration ${name}`,
        kind: 'migration_unrecorded',
        class: 'integrity',
        expected: 'on record',
        actual: 'not on record',
        explanation: `Everything migration ${name} makes is there, but the journal does not know it: the next migration run would make it again and fail.`,
        remedy: `insert into mikro_orm_migrations (name) values ('${name}')`,
      }),
    ),
    ...standing.pending.map(
      (name): Difference => ({
        path: `migration ${name}`,
        kind: 'migration_pending',
        class: 'integrity',
        expected: 'applied',
        actual: 'pending',
        explanation: `Migration ${name} was not applied yet: the code is ahead of the database. Run the migrations.`,
      }),
    ),
    ...standing.ahead.map((name): Difference => {
      const expand = phaseOf(name) === 'expand'
      return {
        path: `migration ${name}`,
        kind: 'database_ahead',
        class: expand ? 'info' : 'integrity',
        expected: null,
        actual: 'applied',
        explanation: `The database is at ${name}, this code knows migrations up to ${last}. ${expand ? 'It only adds, so this code goes on working.' : 'It takes away what this code may need.'}`,
      }
    }),
  ]
}
