import type { ExpectedCatalog, Manifest } from '../manifest/manifest.ts'
import { hashOf } from './canonical-json.ts'
import type { Catalog, Privileges, Relation } from './catalog.ts'

/** What `manifestHash` and `databaseHash` are taken over: the same on both sides as long as nothing drifted. */
export function expectedHash({ catalog }: Manifest): string {
  const known = expectedHashes.get(catalog)
  if (known !== undefined) return known
  const hash = hashOf(comparable(catalog, catalog))
  expectedHashes.set(catalog, hash)
  return hash
}

// A manifest never changes once it was read.
const expectedHashes = new WeakMap<ExpectedCatalog, string>()

/** More rights than expected do not change it: an owner sees the same schema. */
export function databaseHashOf({ catalog }: Manifest, actual: Catalog): string {
  return hashOf(comparable(actual, catalog))
}

function comparable(catalog: ExpectedCatalog, expected: ExpectedCatalog) {
  return {
    enums: catalog.enums,
    functions: each(catalog.functions, ({ execute, ...rest }, name) => ({
      ...rest,
      execute: execute && expected.functions[name]?.execute,
    })),
    sequences: each(catalog.sequences, ({ definition, usage }, name) => ({
      definition,
      usage: usage && expected.sequences[name]?.usage,
    })),
    schemas: each(catalog.schemas, ({ usage }, name) => usage && expected.schemas[name]?.usage),
    relations: each(catalog.relations, (relation, name) =>
      comparableRelation(relation, expected.relations[name]),
    ),
  }
}

function comparableRelation({ ownedByMigrator: _, ...relation }: Relation, expected: Relation | undefined) {
  return {
    ...relation,
    privileges: shared(relation.privileges, expected?.privileges),
    columns: each(relation.columns, (column, name) => ({
      ...column,
      privileges: shared(column.privileges, expected?.columns[name]?.privileges),
    })),
  }
}

function each<In, Out>(entries: Readonly<Record<string, In>>, change: (entry: In, name: string) => Out) {
  return Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, change(entry, name)]))
}

function shared(has: Privileges, needs: Privileges | undefined): string {
  return [...has].filter((letter) => needs?.includes(letter)).join('')
}
