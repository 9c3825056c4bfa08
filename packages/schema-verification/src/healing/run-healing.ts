import type { Sql } from '../catalog/sql.ts'
import { sqlStateOf } from '../catalog/sql-states.ts'
import { ddlLockTimeoutMs, isInTheWay, patiently } from '../migrations/migration-lock.ts'
import type { HealingStep } from './plan-healing.ts'

/** Why a step did not work. */
export type Failures = Map<HealingStep, string>

// It keeps neither readers nor writers out while it waits, so it may wait for a long transaction to end.
const aloneLockTimeoutMs = 60_000

/** Runs steps of one plan. What PostgreSQL refuses is answered, not thrown.
 * @throws the connection's error when it is lost. */
export async function runHealing(sql: Sql, steps: readonly HealingStep[]): Promise<Failures> {
  const together = steps.filter(({ run }) => run === 'together')
  const failures = await runTogether(sql, together)
  for (const step of steps) if (step.run === 'alone') await runAlone(sql, step, failures)
  return failures
}

async function runTogether(sql: Sql, steps: readonly HealingStep[]): Promise<Failures> {
  if (steps.length === 0) return new Map()
  try {
    return await patiently(() => transaction(sql, steps))
  } catch (error) {
    if (!isInTheWay(error)) throw error
    return new Map(steps.map((step) => [step, wordsOf(error)]))
  }
}

/** One transaction, in which a step that fails takes nothing of the others along. */
async function transaction(sql: Sql, steps: readonly HealingStep[]): Promise<Failures> {
  const failures: Failures = new Map()
  await sql('begin')
  try {
    await sql(`set local lock_timeout = ${ddlLockTimeoutMs}`)
    for (const step of steps) {
      await sql('savepoint step')
      try {
        for (const statement of step.statements) await sql(statement)
      } catch (error) {
        if (isInTheWay(error)) throw error
        failures.set(step, wordsOf(error))
        await sql('rollback to savepoint step')
      }
    }
    await sql('commit')
    return failures
  } catch (error) {
    await sql('rollback')
    throw error
  }
}

async function runAlone(sql: Sql, step: HealingStep, failures: Failures): Promise<void> {
  await sql("select set_config('lock_timeout', $1, false)", [String(aloneLockTimeoutMs)])
  try {
    for (const statement of step.statements) await sql(statement)
  } catch (error) {
    failures.set(step, wordsOf(error))
  }
}

// The message names tables and constraints; values of rows are in PostgreSQL's detail, which stays where it is.
function wordsOf(error: unknown): string {
  const state = sqlStateOf(error)
  if (state === undefined || !(error instanceof Error)) throw error
  return `PostgreSQL refused: ${error.message} (${state})`
}
