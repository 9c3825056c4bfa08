import { withSession } from '../catalog/session.ts'
import type { Sql } from '../catalog/sql.ts'
import type { Finding, VerificationReport } from '../diff/finding.ts'
import { holdingMigrationLock } from '../migrations/migration-lock.ts'
import { type Verification, verifySchema } from '../verify-schema.ts'
import { type HealingChoice, type HealingStep, planHealing } from './plan-healing.ts'
import { type Failures, runHealing } from './run-healing.ts'

export interface Healing extends Omit<Verification, 'sql' | 'trigger'>, HealingChoice {
  /** The migrator's. */
  readonly url: string
  /** False: only tell what would be done. */
  readonly apply: boolean
  /** How long to wait for another migrator; default 60 000. */
  readonly lockWaitMs?: number
}

export interface HealingReport {
  readonly service: string
  readonly applied: boolean
  /** The schema as it is afterwards. */
  readonly status: VerificationReport['status']
  readonly unverifiable: VerificationReport['unverifiable']
  /** What would be done; empty once it was. */
  readonly plan: readonly HealingStep[]
  readonly healed: readonly HealingStep[]
  /** What stays, and why. `failed`: healing was tried and did not help. */
  readonly remaining: readonly {
    readonly finding: Finding
    readonly reason: string
    readonly failed: boolean
  }[]
}

/** Brings back what is only missing, under the lock of the migrators, and looks again.
 * @throws DomainError `database_unreachable`, `rights_missing`, `migrator_busy`; the connection's error when it is lost. */
export async function healSchema(healing: Healing): Promise<HealingReport> {
  return await withSession(healing.url, async (sql) => {
    await sql("select set_config('application_name', 'evergrant-heal', false)")
    if (!healing.apply) return told(healing, await verifySchema({ ...healing, sql }), new Map())
    return await holdingMigrationLock(sql, () => healInRounds(sql, healing), healing.lockWaitMs)
  })
}

/** What one round brings back lets the next one see more: rights on a column, old rows of a constraint. */
async function healInRounds(sql: Sql, healing: Healing): Promise<HealingReport> {
  // To look at every row of a large table takes its time.
  await sql("select set_config('statement_timeout', '0', false)")
  const ran = new Map<string, Ran>()
  for (;;) {
    const report = await verifySchema({ ...healing, sql })
    const { steps } = planHealing(report, healing.manifest, healing)
    const untried = steps.filter(({ finding }) => !ran.has(keyOf(finding)))
    if (untried.length === 0) return told(healing, report, ran)
    const failures: Failures = await runHealing(sql, untried)
    for (const step of untried)
      ran.set(keyOf(step.finding), { step, failure: failures.get(step) ?? 'it ran, and nothing changed' })
  }
}

interface Ran {
  readonly step: HealingStep
  /** Why it did not help, in case it did not. */
  readonly failure: string
}

function told(healing: Healing, report: VerificationReport, ran: ReadonlyMap<string, Ran>): HealingReport {
  const { service, status, unverifiable, findings } = report
  const { steps, refusals } = planHealing(report, healing.manifest, healing)
  const left = new Set(findings.map(keyOf))
  const refused = refusals.map(({ finding, reason }) => ({ finding, reason, failed: false }))
  const failed = steps.map(({ finding }) => ({
    finding,
    reason: ran.get(keyOf(finding))?.failure ?? '',
    failed: true,
  }))
  return {
    service,
    applied: healing.apply,
    status,
    unverifiable,
    plan: healing.apply ? [] : steps,
    // Of what nobody can look at, nothing is claimed.
    healed: unverifiable !== null ? [] : [...ran].flatMap(([key, { step }]) => (left.has(key) ? [] : [step])),
    remaining: healing.apply ? [...failed, ...refused] : refused,
  }
}

/** Two rights on one table are two findings. */
function keyOf({ kind, path, expected }: Finding): string {
  return JSON.stringify([kind, path, expected])
}
