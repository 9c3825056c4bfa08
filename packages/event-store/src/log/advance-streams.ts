import type { Clock } from '@evergrant/decider'
import { type Sql, sqlOf } from '../database/sql.ts'
import { type Application, applyEvent } from '../inbox/apply-event.ts'
import type { IdentifiedMessage } from '../inbox/identify-message.ts'
import type { EventHandlers } from '../inbox/inbox.ts'
import {
  type Cursor,
  changeHolding,
  type Holding,
  heldNext,
  holdMessages,
  releaseHeld,
} from '../inbox/inbox-rows.ts'
import type { UnitOfWork } from './event-store.ts'

const attemptsBeforeParking = 3
const passingRetryMs = 2000
const drainAtATime = 100
/** One transaction releases no more; the next sweep goes on. */
const drainAtMost = 500

export interface Advance {
  readonly unit: UnitOfWork
  readonly consumer: string
  readonly handlers: EventHandlers
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}

/** How often each thing happened; decides whether a batch was worth committing. */
export interface Tally {
  applied: number
  later: number
  failed: number
  reason: string
}

/** Applies what is next, drops what was applied before, holds what comes too early or failed. */
export async function takeArrivals(
  advance: Advance,
  cursors: readonly Cursor[],
  arrivals: readonly IdentifiedMessage[],
  tally: Tally,
): Promise<void> {
  const held: (IdentifiedMessage & Holding)[] = []
  const now = advance.clock.now()
  const byStream = Map.groupBy(arrivals, keyOf)
  for (const cursor of cursors) {
    const inOrder = (byStream.get(keyOf(cursor)) ?? []).sort((one, other) => one.version - other.version)
    for (const arrival of inOrder) {
      if (arrival.version <= cursor.version) continue
      if (cursor.blocked || arrival.version > cursor.version + 1) {
        held.push({ ...arrival, ...waiting })
      } else {
        const application = await applyEvent(advance.unit, arrival.message, advance.handlers, advance.onError)
        const holding = step(cursor, application, 0, now, tally)
        if (holding) held.push({ ...arrival, ...holding })
      }
    }
  }
  await holdMessages(sqlOf(advance.unit), advance.consumer, held, now)
}

/** Applies held events for as long as they are next in line. `evenBlocked` tries a failed one again.
 * Answers how many were applied. */
export async function drainHeld(
  advance: Advance,
  cursor: Cursor,
  tally: Tally,
  evenBlocked = false,
): Promise<number> {
  if (cursor.firstHeld === null || (cursor.blocked && !evenBlocked)) return 0
  const sql = sqlOf(advance.unit)
  cursor.blocked = false
  let applied = 0
  while (applied < drainAtMost && !cursor.blocked) {
    const next = await heldNext(sql, advance.consumer, cursor, drainAtATime)
    if (next.length === 0) break
    applied += await drainRows(advance, sql, cursor, next, tally)
  }
  await releaseHeld(sql, advance.consumer, cursor)
  return applied
}

async function drainRows(
  advance: Advance,
  sql: Sql,
  cursor: Cursor,
  rows: Awaited<ReturnType<typeof heldNext>>,
  tally: Tally,
): Promise<number> {
  let applied = 0
  for (const row of rows) {
    const application = await applyEvent(advance.unit, row.message, advance.handlers, advance.onError)
    const holding = step(cursor, application, row.attempts, advance.clock.now(), tally)
    if (holding) {
      await changeHolding(sql, row.id, holding)
      break
    }
    applied++
  }
  return applied
}

const waiting: Holding = { state: 'waiting', reason: null, attempts: 0, nextAttemptAt: null }

/** Moves the cursor over an applied event; otherwise blocks its stream and says how to hold the event. */
function step(
  cursor: Cursor,
  application: Application,
  attempts: number,
  now: Date,
  tally: Tally,
): Holding | undefined {
  if (application.status === 'applied') {
    tally.applied++
    cursor.version++
    cursor.moved = true
    return undefined
  }
  cursor.blocked = true
  tally.reason = application.reason
  const { status, reason } = application
  if (status === 'later') {
    tally.later++
    return { state: 'retrying', reason, attempts, nextAttemptAt: new Date(now.getTime() + passingRetryMs) }
  }
  tally.failed++
  const failures = attempts + 1
  if (status === 'hopeless' || failures >= attemptsBeforeParking) {
    return { state: 'parked', reason, attempts: failures, nextAttemptAt: null }
  }
  // 1 s, then 5 s: long enough for what another event or a deployment in progress has to bring.
  const delayMs = 1000 * 5 ** attempts
  return { state: 'retrying', reason, attempts: failures, nextAttemptAt: new Date(now.getTime() + delayMs) }
}

function keyOf({ source, streamId }: { readonly source: string; readonly streamId: string }): string {
  return JSON.stringify([source, streamId])
}
