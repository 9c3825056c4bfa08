// squawk parses PostgreSQL as PostgreSQL does and knows its locks; our own rules (lint-migration.ts) know what older code of ours needs.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { MigrationStatements } from '@evergrant/schema-verification'
import { z } from 'zod'

const squawk = join(import.meta.dirname, '../../node_modules/.bin/squawk')

const notOurs = [
  // The runner sets both for every migration (packages/event-store/src/database/migrate.ts).
  'require-lock-timeout',
  'require-statement-timeout',
  // Counters of attempts and shards stay small.
  'prefer-bigint-over-int',
  'prefer-bigint-over-smallint',
]

const report = z.array(z.object({ file: z.string(), line: z.number(), rule_name: z.string() }))

export interface SquawkFinding {
  readonly migration: string
  readonly rule: string
}

/**
 * What squawk says about each migration, run as the runner does: one transaction each.
 * @throws when squawk did not run; silence would look like a clean bill.
 */
export function squawkFindings(migrations: readonly MigrationStatements[]): SquawkFinding[] {
  const folder = mkdtempSync(join(tmpdir(), 'evergrant-squawk-'))
  try {
    const files = migrations.map(({ name, up }) => {
      const file = join(folder, `${name}.sql`)
      writeFileSync(file, up.map((statement) => `${statement};\n`).join(''))
      return file
    })
    const args = ['--reporter', 'json', '--pg-version', '18.0', '--assume-in-transaction']
    const run = spawnSync(squawk, [...args, '--exclude', notOurs.join(','), ...files], { encoding: 'utf8' })
    // 1 is "found something" as well as "failed": only the report tells them apart.
    if (run.error !== undefined || run.stdout === '')
      throw new Error(`squawk did not run: ${run.error?.message ?? run.stderr}`)
    return report
      .parse(JSON.parse(run.stdout))
      .map(({ file, rule_name }) => ({ migration: basename(file, '.sql'), rule: rule_name }))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
