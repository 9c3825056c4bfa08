import { type LintRule, lintMigration, migrationStatements } from '@evergrant/schema-verification'
import { describe, expect, it } from 'vitest'
import { serviceSchemas } from '../../docs/generate/schema-manifests.ts'

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
]

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
})
