import type { Column } from '../catalog/catalog.ts'
import { columnDefinition } from '../catalog/column-definition.ts'
import { quoted, quotedRelation } from '../catalog/identifier.ts'
import type { Finding, VerificationReport } from '../diff/finding.ts'
import type { Manifest } from '../manifest/manifest.ts'
import { whyNotHealed } from './healing-refusals.ts'

export interface HealingStep {
  readonly finding: Finding
  readonly statements: readonly string[]
  /** `together`: in the one transaction of everything quick. `alone`: reads the table without keeping writers out, which
   * only works outside of it. */
  readonly run: 'together' | 'alone'
  /** What the rows that are there say afterwards. */
  readonly note: string | null
}

export interface HealingRefusal {
  readonly finding: Finding
  readonly reason: string
}

export interface HealingPlan {
  readonly steps: readonly HealingStep[]
  readonly refusals: readonly HealingRefusal[]
}

export interface HealingChoice {
  /** Also bring back columns that must not be null: every row then says the default. */
  readonly fillDefaults?: boolean
}

/** What of a report may be healed, in an order that works, and why the rest may not. Only statements that add something
 * or switch something on again; nothing is dropped, renamed, rewritten or guessed. */
export function planHealing(
  { findings, aheadBy }: Pick<VerificationReport, 'findings' | 'aheadBy'>,
  manifest: Manifest,
  choice: HealingChoice = {},
): HealingPlan {
  const obstacle = otherMigrations(findings, aheadBy)
  const replaced = findings.filter(({ kind }) => kind === 'relation_kind_changed').map(({ path }) => path)
  const steps: HealingStep[] = []
  const refusals: HealingRefusal[] = []
  for (const finding of findings) {
    const onNoTable = replaced.some((table) => isOn(table, finding))
      ? 'what bears the name of its table is none'
      : undefined
    const decided = obstacle ?? onNoTable ?? decide(finding, manifest, choice)
    if (typeof decided === 'string') refusals.push({ finding, reason: decided })
    else steps.push({ finding, run: 'together', note: null, ...decided })
  }
  const turn = ({ finding }: HealingStep) => healable.indexOf(finding.kind)
  return { steps: steps.sort((one, other) => turn(one) - turn(other)), refusals }
}

type Decided = Pick<HealingStep, 'statements'> & Partial<HealingStep>

/** The kinds of findings that healing is for. Columns first: the rest stands on them. */
const healable = [
  'column_missing',
  'default_dropped',
  'right_missing',
  'check_missing',
  'foreign_key_missing',
  'trigger_missing',
  'trigger_disabled',
  'check_not_valid',
  'foreign_key_not_valid',
  'index_missing',
  'index_invalid',
]
const readsTheTable = /^(check_not_valid|foreign_key_not_valid|index_missing|index_invalid)$/

// What a migration that is still to come would add, or one that this code does not know took away, is no drift to mend.
function otherMigrations(findings: readonly Finding[], aheadBy: readonly string[]): string | undefined {
  if (aheadBy.length > 0)
    return `the database is ahead of this code by ${aheadBy.join(', ')}: heal it with that release`
  const journal = findings.find(
    ({ kind, path }) => kind.startsWith('migration_') || path === 'mikro_orm_migrations',
  )
  if (journal === undefined) return undefined
  return `nobody knows what is missing until the journal says that the migrations of this code were applied (${journal.path})`
}

function isOn(table: string, { path }: Finding): boolean {
  return path === table || path.startsWith(`${table}.`) || path.startsWith(`${table}(`)
}

function decide(finding: Finding, manifest: Manifest, choice: HealingChoice): Decided | string {
  const { kind, additive, remedy } = finding
  if (kind === 'column_missing') return missingColumn(finding, manifest, choice)
  if (!healable.includes(kind) || !additive || remedy === null) return whyNotHealed(finding)
  if (kind === 'check_missing' || kind === 'foreign_key_missing') return missingConstraint(finding)
  return { statements: [remedy], run: readsTheTable.test(kind) ? 'alone' : 'together' }
}

function missingColumn(
  { path }: Finding,
  manifest: Manifest,
  { fillDefaults }: HealingChoice,
): Decided | string {
  const dot = path.lastIndexOf('.')
  const [table, name] = [path.slice(0, dot), path.slice(dot + 1)]
  const column = manifest.catalog.relations[table]?.columns[name]
  if (column === undefined) return 'no migration makes it'
  if (column.generated || column.identity !== null)
    return 'PostgreSQL would compute it anew for every row, which is not what the rows said'
  const alter = `alter table ${quotedRelation(table)}`
  const adding = (definition: Column) => `${alter} add column ${quoted(name)} ${columnDefinition(definition)}`
  if (column.notNull) {
    if (column.default === null || !isConstant(column.default))
      return 'it must not be null, and nobody knows what its rows said: restore it from a backup'
    if (fillDefaults !== true)
      return `it must not be null, and nobody knows what its rows said; with --fill-defaults all of them say ${column.default}`
    return { statements: [adding(column)], note: `rows that are there say ${column.default}` }
  }
  // The default comes after the column: what was lost is unknown, and null says so.
  const ofNewRows =
    column.default === null ? [] : [`${alter} alter column ${quoted(name)} set default ${column.default}`]
  return {
    statements: [adding({ ...column, default: null }), ...ofNewRows],
    note: 'rows that are there say null: unknown',
  }
}

/** Without a call, whose value would be that of the moment of healing. */
function isConstant(expression: string): boolean {
  const bare = expression
    .replaceAll(/'(?:[^']|'')*'/g, "''")
    .replaceAll(/::[\w ."]+(\(\d+(,\d+)?\))?(\[\])?/g, '')
  return /^(''|[\d.]+|true|false|ARRAY\[\])$/.test(bare)
}

/** Checks new rows from now on. The old ones are looked at afterwards, as a finding of its own, without keeping writers out. */
function missingConstraint({ path, expected }: Finding): Decided {
  const open = path.indexOf('(')
  const [table, name] = [path.slice(0, open), path.slice(open + 1, -1)]
  return {
    statements: [`alter table ${quotedRelation(table)} add constraint ${quoted(name)} ${expected} not valid`],
  }
}
