import { join } from 'node:path'
import { type Catalog, type Manifest, readCatalog } from '@evergrant/schema-verification'
import { useDatabase } from '@evergrant/stack/testing'
import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { changesBetween } from './catalog-changes.ts'
import { corpus, lostRights } from './corpus.ts'
import { inTransaction, sessionOn, sqlOver, verifyAfter } from './drifted.ts'
import { labManifest } from './lab-schema.ts'

const recording = join(import.meta.dirname, '../../packages/schema-verification/recorded/corpus.json')
const database = useDatabase()
let manifest: Manifest
let session: Client

beforeAll(async () => {
  manifest = await labManifest(database.url)
  session = await sessionOn(database.url)
})
afterAll(() => session.end())

async function catalogAfter(harm: string): Promise<Catalog> {
  const catalog = await inTransaction(session, harm, () =>
    readCatalog(sqlOver(session), {
      schemas: manifest.contract.schemas,
      names: Object.keys(manifest.catalog.relations),
    }),
  )
  // The name of the test's database is the only thing of the moment in it.
  return { ...catalog, server: { ...catalog.server, database: 'lab' } }
}

describe('the recorded corpus', () => {
  // The classifier's own specs read it without a server. After a change: vitest run test/drift/recorded-corpus.spec.ts -u
  it('is what this PostgreSQL says of every situation, and what is said about it', async () => {
    const healthy = await catalogAfter('select 1')
    const rows = []
    for (const { name, harm } of [...corpus, ...lostRights]) {
      const { findings, capabilities } = await verifyAfter(session, manifest, harm)
      const told = JSON.parse(JSON.stringify(findings).replaceAll(healthyName(), 'lab'))
      rows.push({
        name,
        changes: changesBetween(healthy, await catalogAfter(harm)),
        findings: told,
        capabilities,
      })
    }
    await expect(`${JSON.stringify({ manifest, healthy, rows }, null, 1)}\n`).toMatchFileSnapshot(recording)
  })

  const healthyName = () => new URL(database.url).pathname.slice(1)
})
