// @ts-check
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
        sentence:
          'Your Google account is connected, but the state of your calendars cannot be read right now.',
        next: calendars.problem.detail,
        remedy: null,
      }
    )
  }
  const worst = worstOf(calendars.body)
  if (worst === undefined) return firstSync()
  return worst.sync.status === 'fresh' ? allWell(calendars.body, now) : trouble(worst, connections)
}

/** @type {readonly Calendar['sync']['status'][]} */
const order = ['failed', 'paused', 'stale', 'syncing', 'fresh']

/** The calendar that has most to explain. @param {readonly Calendar[]} calendars */
export function worstOf(calendars) {
  return order.flatMap((status) => calendars.find(({ sync }) => sync.status === status) ?? [])[0]
}

/** @returns {Explanation} */
function firstSync() {
  return {
    tone: 'waiting',
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
    return { tone: 'waiting', sentence: `${name} is being synced right now${tail}.`, next: '', remedy: null }
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
    return { tone: 'broken', sentence, next: 'Tell whoever runs this application.', remedy: null }
  }
  const next = 'Evergrant tries again by itself; you can also start a sync now.'
  return { tone: 'waiting', sentence, next, remedy: { kind: 'sync' } }
}

const needsOperator = new Set(['api_disabled', 'google_protocol_broken', 'client_misconfigured'])

/** @param {string} name @param {string} reason @param {Connection | undefined} connection @returns {Explanation} */
function paused(name, reason, connection) {
  const sentence = `${name} is paused because ${because(reason)}.`
  if (reason === 'awaiting_token') return { tone: 'waiting', sentence, next: '', remedy: null }
  if (connection?.status === 'active' && Object.hasOwn(connectionClauses, reason)) {
    // token-service is ahead of what it said on the bus: the connection works again already.
    return {
      tone: 'waiting',
      sentence: `${name} starts again: its access works again.`,
      next: '',
      remedy: null,
    }
  }
  /** @type {Explanation['remedy']} */
  const remedy = connection === undefined ? null : { kind: 'connect', service: 'calendar', connection }
  return { tone: 'broken', sentence, next: 'Connect the Google account again.', remedy }
}
