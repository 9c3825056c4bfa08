import { type LintRule, lintMigration, migrationStatements } from '@evergrant/schema-verification'
import { describe, expect, it } from 'vitest'
import { serviceSchemas } from '../../docs/generate/schema-manifests.ts'
import { squawkFindings } from './squawk.ts'

interface Accepted {
  readonly migration: string
  readonly rule: LintRule
  readonly because: string
}

const beforeRelease = 'written before the first release: it only ever ran on tables without rows'

/** What was looked at and found bearable. A migration that is applied anywhere cannot be changed any more. */
const accepted: readonly Accepted[] = [
  { migration: '0002-known-grants-and-quiet-sweeps', rule: 'index_not_concurrent', because: beforeRelease },
  { migration: '0005-vault-rotation', rule: 'index_not_concurrent', because: beforeRelease },
  { migration: '0006-vend-chain', rule: 'index_not_concurrent', because: beforeRelease },
  { migration: '0004-mailboxes-and-drives', rule: 'check_without_not_valid', because: beforeRelease },
  { migration: '0007-event-history', rule: 'backfill_beside_ddl', because: beforeRelease },
  { migration: '0005-event-writes', rule: 'index_not_concurrent', because: beforeRelease },
  { migration: '0008-fair-runs', rule: 'index_not_concurrent', because: beforeRelease },
  { migration: '0011-mailbox-addresses', rule: 'index_not_concurrent', because: beforeRelease },
  { migration: '0005-forgetting', rule: 'index_not_concurrent', because: beforeRelease },
  {
    migration: '0005-forgetting',
    rule: 'revoke',
    because: 'the function is made in the same migration: nobody had the right',
  },
  {
    migration: '0011-forgettable-vends',
    rule: 'revoke',
    because: 'the function is made in the same migration: nobody had the right',
  },
  { migration: '0013-forgettable-syncs', rule: 'index_not_concurrent', because: beforeRelease },
]

// What the two linters say alike.
const squawkName: Partial<Record<LintRule, string>> = {
  index_not_concurrent: 'require-concurrent-index-creation',
  check_without_not_valid: 'constraint-missing-not-valid',
}

describe('the migrations', () => {
  it.each(serviceSchemas.map((schema) => [schema.contract.service, schema.migrations] as const))(
    'of %s hurt no running system',
    async (_, migrations) => {
      const found = (await migrationStatements(migrations)).flatMap(lintMigration)
      const open = found.filter(
        ({ migration, rule }) =>
          !accepted.some((known) => known.migration === migration && known.rule === rule),
      )
      expect(open).toEqual([])
    },
  )

  it.each(serviceSchemas.map((schema) => [schema.contract.service, schema.migrations] as const))(
    'of %s hold against squawk, but for what was accepted by name',
    async (_, migrations) => {
      const open = squawkFindings(await migrationStatements(migrations)).filter(
        ({ migration, rule }) =>
          !accepted.some((known) => known.migration === migration && squawkName[known.rule] === rule),
      )
      expect(open).toEqual([])
    },
  )
})

describe('squawk', () => {
  it('sees what our own rules do not: a default that rewrites the table', () => {
    const bad = {
      name: '0009-bad',
      up: ['alter table user_oauth_tokens add column salt double precision default random()'],
    }
    expect(lintMigration(bad)).toEqual([])
    expect(squawkFindings([bad])).toEqual([{ migration: '0009-bad', rule: 'adding-field-with-default' }])
  })

  it('finds nothing in a column that is only added', () => {
    expect(squawkFindings([{ name: '0009-good', up: ['alter table a add column b text'] }])).toEqual([])
  })

  it('that cannot read a migration says so', () => {
    expect(squawkFindings([{ name: '0009-typo', up: ['alter tabel a add column b text'] }])).toContainEqual({
      migration: '0009-typo',
      rule: 'syntax-error',
    })
  })
})
