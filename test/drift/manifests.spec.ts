import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { printManifest } from '@evergrant/schema-verification'
import { describe, expect, inject, it } from 'vitest'
import { manifestFile, manifestOf, serviceSchemas } from '../../docs/generate/schema-manifests.ts'

const root = join(import.meta.dirname, '../..')

describe('the committed manifest', () => {
  it.each(serviceSchemas.map((schema) => [schema.contract.service, schema] as const))(
    'of %s is what its migrations make of an empty PostgreSQL (npm run generate)',
    async (service, schema) => {
      const replayed = printManifest(await manifestOf(schema, inject('postgresAdminUrl')))
      expect(replayed === readFileSync(manifestFile(root, service), 'utf8')).toBe(true)
    },
  )
})
