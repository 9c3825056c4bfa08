import { type Manifest, planHealing } from '@evergrant/schema-verification'
import { useDatabase } from '@evergrant/stack/testing'
import fc from 'fast-check'
import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { corpus, type DriftRow, lostRights } from './corpus.ts'
import { sessionOn, verifyAfter } from './drifted.ts'
import { useHealingLab } from './healing-lab.ts'
import { labManifest } from './lab-schema.ts'

const lab = useHealingLab()
const situations = [...corpus, ...lostRights]
const healable = new Set([
  'a column is dropped',
  'a default is dropped',
  'an index is dropped',
  'an index is invalid',
  'a foreign key is dropped',
  'a foreign key is not valid',
  'a check is dropped',
  'a check is not valid',
  'select is revoked',
  'update is revoked',
  'one column is left out of the grants',
  'the schema is closed',
])
const isHealable = ({ name }: DriftRow) => healable.has(name)

// What a foreign key does, and what a right is called, takes nothing away.
const harmless =
  /\bon (delete|update) (cascade|restrict|no action|set null|set default)|^grant [\w, ()]+ on/gi
const forbidden =
  /\b(drop|delete|truncate|update|insert|rename|revoke|disable|alter type|set schema|set (un)?logged|owner to|type)\b/i
const adds =
  /^(alter table \S+ (add column|add constraint|alter column \S+ set default|validate constraint|enable trigger) |grant |create index concurrently |create trigger |reindex index concurrently )/i

function expectOnlyAdds(statements: readonly string[]): void {
  for (const statement of statements) {
    expect(statement).toMatch(adds)
    expect(statement.replaceAll(harmless, '')).not.toMatch(forbidden)
  }
}

describe('healing, over the drift corpus', () => {
  it('knows every situation that it is said to heal', () => {
    expect(situations.filter(isHealable)).toHaveLength(healable.size)
  })

  it.each(situations.filter(isHealable))('leaves nothing to be found where $name', async ({ harm }) => {
    const there = await lab.harmed(harm)
    try {
      const before = await there.look()
      expect(before.status).toBe('drift')
      const report = await there.heal()
      expect(report).toMatchObject({ status: 'verified', applied: true, plan: [], remaining: [] })
      expect(report.healed).not.toEqual([])
      expectOnlyAdds(report.healed.flatMap(({ statements }) => statements))
      expect(await there.look()).toMatchObject({ status: 'verified', findings: [] })
      expect(await there.query('select count(*)::int as rows from user_oauth_tokens')).toEqual([{ rows: 20 }])
    } finally {
      await there.end()
    }
  })

  it.each([
    'a column is renamed',
    'a column that must not be null is added',
    'the unique constraint an upsert needs is dropped',
    'a value is taken from a check',
    'an enum value is missing',
    'the table is dropped',
    'the table is replaced by a view without the column',
    'a row is deleted from the journal',
  ])('changes nothing, and says why, where %s', async (name) => {
    // Some harms need an empty table.
    const there = await lab.harmed(situations.find((row) => row.name === name)?.harm ?? '', false)
    try {
      const before = await there.look()
      const report = await there.heal({ fillDefaults: true })
      expect(report).toMatchObject({ applied: true, healed: [], unverifiable: null })
      expect(report.remaining).toHaveLength(before.findings.length)
      expect(report.remaining.filter(({ failed }) => failed)).toEqual([])
      const after = await there.look()
      expect({ ...after, lastVerifiedAt: null }).toEqual({ ...before, lastVerifiedAt: null })
    } finally {
      await there.end()
    }
  })
})

describe('a plan of healing', () => {
  const database = useDatabase()
  let manifest: Manifest
  let session: Client

  beforeAll(async () => {
    manifest = await labManifest(database.url)
    session = await sessionOn(database.url)
  })
  afterAll(() => session.end())

  const others = situations.filter((row) => !isHealable(row) && row.finds !== null)
  it.each(others)('has no statement, and a reason, where $name', async ({ harm }) => {
    const report = await verifyAfter(session, manifest, harm)
    const { steps, refusals } = planHealing(report, manifest, { fillDefaults: true })
    expect(steps).toEqual([])
    expect(refusals).toHaveLength(report.findings.length)
    for (const { reason } of refusals) expect(reason).toMatch(/[a-z]{3}/)
  })

  it('only ever adds, whatever happened together', async () => {
    let planned = 0
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(situations, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        async (harms, fillDefaults) => {
          // One harm may be impossible after another one: then there is no such situation.
          const report = await verifyAfter(session, manifest, harms.map(({ harm }) => harm).join('; ')).catch(
            (error: unknown) => error,
          )
          fc.pre(!(report instanceof Error))
          const { findings, aheadBy } = report as Awaited<ReturnType<typeof verifyAfter>>
          const { steps, refusals } = planHealing({ findings, aheadBy }, manifest, { fillDefaults })
          planned += steps.length
          expect(steps.length + refusals.length).toBe(findings.length)
          expectOnlyAdds(steps.flatMap(({ statements }) => statements))
        },
      ),
      { numRuns: 150 },
    )
    expect(planned).toBeGreaterThan(20)
  })
})
