import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { canonicalJson, hashOf } from '../catalog/canonical-json.ts'
import type { Catalog } from '../catalog/catalog.ts'
import { verificationErrors } from '../errors.ts'
import type { SchemaContract } from './contract.ts'

/** What the replayed migrations left, as far as a service relies on it. */
export type ExpectedCatalog = Pick<Catalog, 'schemas' | 'relations' | 'enums' | 'functions' | 'sequences'>

export interface ManifestMigration {
  readonly name: string
  /** SHA-256 of its SQL without layout. */
  readonly checksum: string
  /** `contract` takes away what older code needs; everything else is `expand`. */
  readonly phase: MigrationPhase
  /** Paths that are there after it and were not before. */
  readonly adds: readonly string[]
}

export type MigrationPhase = 'expand' | 'contract'

/** A service's expectation: committed, and never written by hand. */
export interface Manifest {
  readonly format: 1
  readonly service: string
  /** Over everything else in here. */
  readonly hash: string
  /** The PostgreSQL it was generated with; other majors spell the same things the same way. */
  readonly postgresMajor: number
  readonly catalog: ExpectedCatalog
  readonly migrations: readonly ManifestMigration[]
  /** Which ORM property stands on a column: `user_oauth_tokens.scope` → `UserOauthToken.scope`. */
  readonly entities: Readonly<Record<string, string>>
  readonly contract: SchemaContract
}

/** The text that is committed. */
export function printManifest(manifest: Manifest): string {
  return `${JSON.stringify(JSON.parse(canonicalJson(manifest)), null, 2)}\n`
}

export function manifestHash({ hash: _, ...content }: Manifest): string {
  return hashOf(content)
}

const frame = z.looseObject({
  format: z.literal(1),
  service: z.string(),
  hash: z.string(),
  postgresMajor: z.number(),
  catalog: z.looseObject({ relations: z.record(z.string(), z.unknown()) }),
  migrations: z.array(z.looseObject({ name: z.string(), checksum: z.string() })),
  contract: z.looseObject({ service: z.string() }),
})

/** Reads a committed manifest.
 * @throws DomainError `manifest_unreadable` for a missing, foreign or edited file, `manifest_of_other_service`. */
export function loadManifest(file: string | URL, service: string): Manifest {
  return parseManifest(() => readFileSync(file, 'utf8'), service)
}

/** The same from what `text` answers, such as a file of an earlier commit. */
export function parseManifest(text: () => string, service: string): Manifest {
  const manifest = parse(text)
  if (manifest.service !== service)
    throw verificationErrors.manifest_of_other_service({
      message: `The manifest is that of ${manifest.service}, not of ${service}.`,
    })
  return manifest
}

function parse(text: () => string): Manifest {
  try {
    const manifest = frame.parse(JSON.parse(text())) as unknown as Manifest
    // Somebody who edits the expectation by hand would be told "verified".
    if (manifestHash(manifest) !== manifest.hash) throw new TypeError('the hash does not fit the content')
    return manifest
  } catch (cause) {
    throw verificationErrors.manifest_unreadable({ cause })
  }
}
