import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadManifest } from '@evergrant/schema-verification'
import { describe, expect, it } from 'vitest'
import { manifestFile, serviceSchemas } from '../../docs/generate/schema-manifests.ts'

const root = join(import.meta.dirname, '../..')

/** The SQL that a service's process can send: string literals of its own code and of the packages with tables. */
function statementsOf(service: string): string[] {
  const folders = [
    `services/${service}/src`,
    'packages/event-store/src',
    'packages/service-runtime/src/idempotency',
  ]
  return folders
    .flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: root }))
    .filter(
      (path) =>
        !/\.spec\.ts$|\/migrations\/|\/testing|\/test-kit\/|\d{4}-|schema-contract\.ts$|migration-record/.test(
          path,
        ),
    )
    .flatMap((path) => readFileSync(join(root, path), 'utf8').match(/`[^`]*`|'[^'\n]*'|"[^"\n]*"/g) ?? [])
    .filter((literal) => /\b(select|insert|update|delete|returning)\b/i.test(literal))
}

function tablesIn(statement: string, known: readonly string[]): string[] {
  const named = [...statement.matchAll(/\b(?:from|join|into|update)\s+((?:\w+\.)?\w+)/gi)].map(
    ([, name]) => name,
  )
  return known.filter((table) => named.includes(table))
}

describe.each(serviceSchemas.map(({ contract }) => contract.service))('the contract of %s', (service) => {
  const { catalog, contract, entities } = loadManifest(manifestFile(root, service), service)
  const declared = new Map<string, Set<string>>()
  for (const { uses } of Object.values(contract.capabilities))
    for (const { table, reads = [], inserts = [], updates = [], conflictOn = [] } of uses)
      for (const column of [...reads, ...inserts, ...updates, ...conflictOn])
        declared.set(table, (declared.get(table) ?? new Set()).add(column))
  const statements = statementsOf(service).map((text) => ({
    text,
    tables: tablesIn(text, Object.keys(catalog.relations)),
  }))

  it('names every table and column that a statement of the code names', () => {
    const undeclared = statements.flatMap(({ text, tables }) => {
      const words = new Set(text.match(/\b[a-z_]+\b/g))
      return tables.flatMap((table) =>
        Object.keys(catalog.relations[table]?.columns ?? {})
          .filter((column) => words.has(column))
          // A name may belong to any of the tables that have it; one of them has to declare it.
          .filter((column) => !tables.some((other) => declared.get(other)?.has(column)))
          .map((column) => `${table}.${column}`),
      )
    })
    expect([...new Set(undeclared)]).toEqual([])
  })

  it('names every column that an entity stands on', () => {
    const columns = Object.keys(entities).map((path) => path.split('.') as [string, string])
    expect(columns.filter(([table, column]) => !declared.get(table)?.has(column))).toEqual([])
  })

  it('names no table that no statement and no entity uses', () => {
    const used = new Set([
      ...statements.flatMap(({ tables }) => tables),
      ...Object.keys(entities).map((path) => path.split('.')[0]),
      // Only the functions of the event store name these.
      ...['es.stream', 'es.event', 'es.outbox', 'es.command_seen', 'es.relay', 'es.relay_shard'],
    ])
    expect([...declared.keys()].filter((table) => !used.has(table))).toEqual([])
  })
})
