import type { Manifest, VerificationReport } from '@evergrant/schema-verification'
import { useDatabase } from '@evergrant/stack/testing'
import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { answersAfter } from './answers.ts'
import { corpus, type DriftRow, lostRights } from './corpus.ts'
import { sessionOn, verifyAfter } from './drifted.ts'
import { labManifest } from './lab-schema.ts'

const database = useDatabase()
let manifest: Manifest
let session: Client

beforeAll(async () => {
  manifest = await labManifest(database.url)
  session = await sessionOn(database.url)
})
afterAll(() => session.end())

function expectSaid(report: VerificationReport, { finds, hits = {} }: DriftRow): void {
  expect(report.unverifiable).toBeNull()
  const spoiled = Object.entries(report.capabilities).filter(([, state]) => state !== 'ok')
  expect(Object.fromEntries(spoiled)).toEqual(hits)
  if (finds === null) {
    expect(report).toMatchObject({ status: 'verified', findings: [] })
    expect(report.databaseHash).toBe(report.manifestHash)
    return
  }
  expect(report.status).toBe('drift')
  const found = report.findings.find(({ path, class: word }) => path === finds.path && word === finds.class)
  expect(found ?? report.findings).toMatchObject({ path: finds.path, class: finds.class })
  expect(found?.explanation).toMatch(finds.says)
  expect(found?.remedy ?? '').not.toMatch(/drop (table|column|schema|owned)|truncate|delete from/i)
}

/** What is taken away is refused with 503, by a name and a time and without a word about the schema; the rest answers. */
async function expectHeard(report: VerificationReport, { finds, hits = {} }: DriftRow): Promise<void> {
  for (const [capability, { status, retryAfter, body }] of await answersAfter(report)) {
    const takenAway = hits[capability] === 'unavailable'
    expect(status, capability).toBe(takenAway ? 503 : 200)
    if (!takenAway) continue
    expect(retryAfter).toMatch(/^\d+$/)
    expect(JSON.parse(body)).toMatchObject({
      code: 'schema_drift',
      capability,
      incidentId: expect.any(String),
    })
    expect(body).not.toContain(finds?.path)
  }
}

describe('the drift corpus, seen by the service role', () => {
  it.each(corpus)('says what it means that $name', async (row) => {
    const report = await verifyAfter(session, manifest, row.harm)
    expectSaid(report, row)
    await expectHeard(report, row)
  })
  it.each(lostRights)('says what it means that $name', async (row) => {
    const report = await verifyAfter(session, manifest, row.harm)
    expectSaid(report, row)
    await expectHeard(report, row)
  })
  it('has the 58 situations of the study', () => {
    expect(new Set(corpus.map(({ name }) => name)).size).toBe(58)
  })
})
