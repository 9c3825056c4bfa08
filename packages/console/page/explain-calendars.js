// @ts-check
import { isRoutine } from './copy-standing.js'
import { databaseTrouble, ourDatabase } from './explain-problem.js'
import { ago } from './times.js'
import { because, connectionClauses } from './words.js'

/** @import { Calendar, Connection, Listed } from './api-shapes.ts' */
/** @import { Explanation } from './explain.js' */

/** What the copies say, once access is not the trouble.
 * @param {Listed<Calendar>} calendars @param {readonly Connection[]} connections @param {Date} now
 * @returns {Explanation} */
export function explainCalendars(calendars, connections, now) {
  if (!calendars.ok) {
    return (
      databaseTrouble(calendars.problem) ?? {
        tone: 'unknown',
        reason: 'unreadable',
        sentence:
          'Your Google account is connected, but the state of your calendars cannot be read right now.',
        next: calendars.problem.detail,
        remedy: null,
      }
    )
  }
  const worst = worstOf(calendars.body)
  if (worst === undefined) return firstSync(calendars.sync ?? [])
  return rankOf(worst.sync) === order.length - 1 ? allWell(calendars.body, now) : trouble(worst, connections)
}

/** @type {readonly Calendar['sync']['status'][]} */
const order = ['failed', 'paused', 'stale', 'syncing', 'fresh']

/** The calendar that has most to explain. @param {readonly Calendar[]} calendars */
export function worstOf(calendars) {
  return [...calendars].sort((one, other) => rankOf(one.sync) - rankOf(other.sync))[0]
}

/** A sync that was due is no news: what it is for is still up to date. @param {Calendar['sync']} sync */
const rankOf = (sync) => order.indexOf(isRoutine(sync) ? 'fresh' : sync.status)

/** There is no calendar yet that could say why; the list of them does.
 * @param {NonNullable<Listed<Calendar>['sync']>} lists @returns {Explanation} */
function firstSync(lists) {
  const stuck = lists.find(({ reason }) => reason !== null && !early.has(reason))
  const reason = stuck?.reason ?? null
  if (reason !== null) {
    if (reason === 'schema_drift') return ourDatabase()
    return {
      tone: needsOperator.has(reason) ? 'broken' : 'waiting',
      reason,
      sentence: `Your Google account is connected, but the first sync of its calendars is held up because ${because(reason)}.`,
      next: needsOperator.has(reason)
        ? 'Tell whoever runs this application.'
        : 'Evergrant tries again by itself; you can also start a sync now.',
      remedy: needsOperator.has(reason) ? null : { kind: 'sync' },
    }
  }
  return {
    tone: 'waiting',
    reason: 'never_synced',
    sentence: 'Your Google account is connected, and the first sync of its calendars is on its way.',
    next: 'This takes a few seconds; the page follows by itself.',
    remedy: null,
  }
}

/** @param {readonly Calendar[]} calendars @param {Date} now @returns {Explanation} */
function allWell(calendars, now) {
  const oldest = calendars.map(({ sync }) => sync.lastSyncedAt ?? '').sort()[0] ?? ''
  const how = calendars.length === 1 ? 'your calendar is' : `all ${calendars.length} calendars are`
  return {
    tone: 'good',
    reason: null,
    sentence: `It did not stop: ${how} up to date.`,
    next: oldest === '' ? '' : `The last sync was ${ago(oldest, now)}.`,
    remedy: null,
  }
}

/** @param {Calendar} calendar @param {readonly Connection[]} connections @returns {Explanation} */
function trouble({ connectionId, summary, sync }, connections) {
  const name = `The calendar “${summary ?? 'without a name'}”`
  const reason = sync.reason ?? 'overdue'
  if (reason === 'schema_drift') return ourDatabase()
  if (sync.status === 'syncing') {
    const tail = sync.reason === null ? '' : `, after a failure because ${because(reason)}`
    return {
      tone: 'waiting',
      reason: sync.reason ?? 'never_synced',
      sentence: `${name} is being synced right now${tail}.`,
      next: '',
      remedy: null,
    }
  }
  if (sync.status === 'paused')
    return paused(
      name,
      reason,
      connections.find(({ id }) => id === connectionId),
    )
  const verb = sync.status === 'failed' ? 'stopped syncing' : 'is not up to date'
  const sentence = `${name} ${verb} because ${because(reason)}.`
  if (needsOperator.has(reason)) {
    return { tone: 'broken', reason, sentence, next: 'Tell whoever runs this application.', remedy: null }
  }
  const next = 'Evergrant tries again by itself; you can also start a sync now.'
  return { tone: 'waiting', reason, sentence, next, remedy: { kind: 'sync' } }
}

/** Not in the way, only not there yet. */
const early = new Set(['awaiting_token', 'never_synced', 'overdue'])
const needsOperator = new Set(['api_disabled', 'google_protocol_broken', 'client_misconfigured'])

/** @param {string} name @param {string} reason @param {Connection | undefined} connection @returns {Explanation} */
function paused(name, reason, connection) {
  const sentence = `${name} is paused because ${because(reason)}.`
  if (reason === 'awaiting_token') return { tone: 'waiting', reason, sentence, next: '', remedy: null }
  if (connection?.status === 'active' && Object.hasOwn(connectionClauses, reason)) {
    // token-service is ahead of what it said on the bus: the connection works again already.
    return {
      tone: 'waiting',
      reason: 'overdue',
      sentence: `${name} starts again: its access works again.`,
      next: '',
      remedy: null,
    }
  }
  /** @type {Explanation['remedy']} */
  const remedy = connection === undefined ? null : { kind: 'connect', service: 'calendar', connection }
  return { tone: 'broken', reason, sentence, next: 'Connect the Google account again.', remedy }
}
