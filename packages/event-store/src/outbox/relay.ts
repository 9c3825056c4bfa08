import { setTimeout as pause } from 'node:timers/promises'
import { type CrashPoint, neverCrash } from '../crash-point.ts'
import type { Database } from '../database/database.ts'
import { sqlOf } from '../database/sql.ts'
import type { RewindWatch } from '../rewinds/watch-for-rewinds.ts'
import { createSleeper } from '../sleeper.ts'
import type { Publish, PublishOutcome, Relay } from './outbox.ts'
import { markRows, nextRows, perShard } from './outbox-rows.ts'

export interface RelayOptions {
  readonly database: Database
  readonly publish: Publish
  /** Without it, a database that was put back to an earlier state goes unnoticed. */
  readonly rewinds?: RewindWatch
  /** Different for every process. */
  readonly instanceId: string
  readonly onError: (error: unknown) => void
  readonly random?: () => number
  /** How often to look when nobody calls `wake`; default 250. */
  readonly pollMs?: number
  /** After this a dead relay's shards go to another; default 10 000. */
  readonly leaseMs?: number
  readonly batchSize?: number
  readonly crashPoint?: CrashPoint
}

const lowMarkEveryMs = 1000
const auditEveryMs = 60_000
const longestPauseMs = 5000

/** Exponential from 100 ms to 30 s, the upper half of it at random. */
export function retryDelayMs(attempts: number, random: () => number): number {
  return Math.ceil(Math.min(30_000, 100 * 2 ** Math.min(attempts, 10)) * (0.5 + random() / 2))
}

/**
 * Takes what is committed to the bus, at least once. It reads rows of the shards it has leased, publishes them with no
 * transaction open, then marks them. A crash anywhere in between publishes again under the same message id; a relay that
 * was paused beyond its lease can only repeat, never reorder what consumers do, for they go by version.
 */
export function createRelay(options: RelayOptions): Relay {
  const { database, publish, rewinds, instanceId, onError } = options
  const { random = Math.random, pollMs = 250, leaseMs = 10_000, batchSize = 500 } = options
  const { crashPoint = neverCrash } = options
  const sql = sqlOf(database)
  const idle = createSleeper()
  const stopping = new AbortController()
  let running: Promise<void> | undefined
  let leaseDueAt = 0
  let lowMarkDueAt = 0
  let auditDueAt = 0
  let publishedSinceMark = false
  let setbacks = 0

  const renewLease = async () => {
    if (performance.now() < leaseDueAt) return
    leaseDueAt = performance.now() + leaseMs / 3
    await sql('select es.lease_shards($1, $2)', [instanceId, leaseMs])
  }

  const raiseLowMarks = async () => {
    const now = performance.now()
    const audit = now >= auditDueAt
    if (!audit && (!publishedSinceMark || now < lowMarkDueAt)) return
    lowMarkDueAt = now + lowMarkEveryMs
    publishedSinceMark = false
    if (audit) auditDueAt = now + auditEveryMs
    await sql('select es.raise_low_ids($1, $2)', [instanceId, audit])
  }

  const rowsToPublish = async () => {
    for (;;) {
      const rows = await nextRows(sql, instanceId, batchSize)
      if (rows.length === 0 && !rewinds?.waiting()) return rows
      if (!(await rewinds?.lookedAgain())) return rows
    }
  }

  /** Answers how many rows were published; -1 when the bus took none of them. */
  const publishBatch = async (): Promise<number> => {
    const rows = await rowsToPublish()
    if (rows.length === 0) return 0
    await crashPoint('relay-after-select')
    const outcomes = await publish(rows)
    await crashPoint('relay-after-publish')
    // The road is closed, not a row broken: pause as a whole and let the rows simply wait.
    if (outcomes.every(({ status }) => status === 'retry')) return -1
    const marks = rows.map((row, index) => {
      const outcome: PublishOutcome = outcomes[index] ?? { status: 'retry', reason: 'no outcome' }
      return { row, outcome, delayMs: retryDelayMs(row.attempts, random) }
    })
    await markRows(sql, marks)
    await crashPoint('relay-after-mark')
    return rows.length
  }

  const turn = async () => {
    await renewLease()
    const published = await publishBatch()
    if (published < 0) {
      await rest()
      return
    }
    setbacks = 0
    publishedSinceMark ||= published > 0
    await raiseLowMarks()
    // Fewer than one shard alone may give were all there were; what was committed since has called `wake`.
    if (published < perShard(batchSize) && !stopping.signal.aborted) await idle.sleep(pollMs)
  }

  const rest = async () => {
    const ms = Math.min(longestPauseMs, retryDelayMs(setbacks++, random))
    await pause(ms, undefined, { signal: stopping.signal }).catch(() => undefined)
  }

  const run = async () => {
    while (!stopping.signal.aborted) {
      try {
        await turn()
      } catch (error) {
        onError(error)
        await rest()
      }
    }
    await giveBack().catch(onError)
  }

  const giveBack = async () => {
    await sql('update es.relay_shard set owner = null where owner = $1', [instanceId])
    await sql('delete from es.relay where instance_id = $1', [instanceId])
  }

  return {
    start: () => {
      running ??= run()
    },
    stop: async () => {
      stopping.abort()
      idle.wake()
      await running
    },
    wake: () => idle.wake(),
  }
}
