import { readFileSync } from 'node:fs'
import type { Catalog } from '../catalog/catalog.ts'
import type { CapabilityState, Finding } from '../diff/finding.ts'
import type { ExpectedCatalog, Manifest } from '../manifest/manifest.ts'

/** What is different at one place of a catalog; without a value the place is gone. */
export interface Change {
  readonly at: readonly string[]
  readonly value?: unknown
}

export interface RecordedRow {
  readonly name: string
  /** What somebody's hand changed in the healthy catalog. */
  readonly changes: readonly Change[]
  readonly findings: readonly Finding[]
  readonly capabilities: Readonly<Record<string, CapabilityState>>
}

/** The drift corpus as PostgreSQL told it: written by test/drift/recorded-corpus.spec.ts, which holds it against a server. */
export const recorded: {
  readonly manifest: Manifest
  readonly healthy: Catalog
  readonly rows: readonly RecordedRow[]
} = JSON.parse(readFileSync(new URL('../../recorded/corpus.json', import.meta.url), 'utf8'))

/** A catalog with these changes. */
export function changed<Part extends ExpectedCatalog>(before: Part, changes: readonly Change[]): Part {
  const catalog = structuredClone(before)
  for (const { at, ...change } of changes) {
    let tree = catalog as unknown as Record<string, Record<string, unknown>>
    for (const key of at.slice(0, -1)) tree = tree[key] as typeof tree
    const last = at.at(-1) ?? ''
    if ('value' in change) tree[last] = change.value as Record<string, unknown>
    else delete tree[last]
  }
  return catalog
}
