import type {
  CapabilityContract,
  Columns,
  DeclaredContract,
  DeclaredUse,
  SchemaContract,
  TableUse,
} from './contract.ts'
import type { ExpectedCatalog } from './manifest.ts'

/** The contract with every column by name.
 * @throws TypeError naming everything the contract relies on and the migrations do not make. */
export function resolveContract(declared: DeclaredContract, catalog: ExpectedCatalog): SchemaContract {
  const unknown = Object.entries(declared.capabilities).flatMap(([name, { uses, calls = [] }]) => [
    ...uses.flatMap((use) => unknownIn(use, catalog).map((what) => `${name}: ${what}`)),
    ...calls.filter((call) => !isThere(call, catalog)).map((call) => `${name}: ${call}`),
  ])
  for (const { table, row } of declared.canaries)
    unknown.push(...unknownIn({ table, inserts: Object.keys(row) }, catalog).map((what) => `canary: ${what}`))
  if (unknown.length > 0)
    throw new TypeError(`${declared.service} relies on what no migration makes: ${unknown.join(', ')}`)
  return {
    ...declared,
    capabilities: Object.fromEntries(
      Object.entries(declared.capabilities).map(([name, { uses, calls }]): [string, CapabilityContract] => [
        name,
        { uses: uses.map((use) => resolveUse(use, catalog)), ...(calls === undefined ? {} : { calls }) },
      ]),
    ),
  }
}

function unknownIn({ table, ...use }: DeclaredUse, { relations }: ExpectedCatalog): string[] {
  const relation = relations[table]
  if (relation === undefined) return [table]
  return [use.reads, use.inserts, use.updates, use.conflictOn]
    .flatMap((columns) => (columns === undefined || columns === '*' ? [] : columns))
    .filter((column) => !Object.hasOwn(relation.columns, column))
    .map((column) => `${table}.${column}`)
}

function isThere(call: string, { functions, sequences }: ExpectedCatalog): boolean {
  return Object.hasOwn(sequences, call) || Object.keys(functions).some((name) => name.startsWith(`${call}(`))
}

function resolveUse({ reads, inserts, updates, ...use }: DeclaredUse, catalog: ExpectedCatalog): TableUse {
  const all = Object.entries(catalog.relations[use.table]?.columns ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  // PostgreSQL fills these itself and takes no value for them.
  const writable = all.filter(([, { identity, generated }]) => identity !== 'always' && !generated)
  const columns = (named: Columns, every: typeof all) => (named === '*' ? every.map(([name]) => name) : named)
  return {
    ...use,
    ...(reads === undefined ? {} : { reads: columns(reads, all) }),
    ...(inserts === undefined ? {} : { inserts: columns(inserts, writable) }),
    ...(updates === undefined ? {} : { updates: columns(updates, writable) }),
  }
}
