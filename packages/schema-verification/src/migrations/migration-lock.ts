import { setTimeout as delay } from 'node:timers/promises'
import type { Sql } from '../catalog/sql.ts'
import { sqlStateOf } from '../catalog/sql-states.ts'
import { verificationErrors } from '../errors.ts'

/** The advisory lock of everyone who changes a schema of ours; a verification that sees it held claims nothing. Any
 * number of its own. */
export const migrationLock = 1163282259

// DDL that queues for a lock makes every later query on the table queue behind it: better give up soon and come back.
export const ddlLockTimeoutMs = 3_000
const ddlTries = 10

/** Works while no other migration and no healing does. `sql` needs to be one session, which holds the lock.
 * @throws DomainError `migrator_busy` when another one does not let go in time. */
export async function holdingMigrationLock<Result>(
  sql: Sql,
  work: () => Promise<Result>,
  waitMs = 60_000,
): Promise<Result> {
  // Asked for again and again, not queued for: a statement that waits keeps a snapshot, and an index that is built
  // concurrently by whoever has the lock would wait for that.
  for (let waited = 0; !(await takeLock(sql)); ) {
    if (waited >= waitMs) throw verificationErrors.migrator_busy({ retryAfterSeconds: 10 })
    const pause = 50 + Math.random() * 100
    await delay(pause)
    waited += pause
  }
  try {
    return await work()
  } finally {
    await sql('select pg_advisory_unlock($1)', [migrationLock])
  }
}

async function takeLock(sql: Sql): Promise<boolean> {
  const [row] = await sql<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [migrationLock])
  return row?.taken === true
}

/** Does work again, later and later, as long as readers and writers are in its way. It must leave nothing when it fails. */
export async function patiently<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let tried = 1; ; tried++) {
    try {
      return await work()
    } catch (error) {
      if (!isInTheWay(error) || tried === ddlTries) throw error
      await delay(Math.random() * Math.min(200 * 2 ** tried, 5_000))
    }
  }
}

/** Somebody else's lock, which goes away: waited for in vain, or in a circle. */
export function isInTheWay(error: unknown): boolean {
  return /^(55P03|40P01)$/.test(sqlStateOf(error) ?? '')
}
