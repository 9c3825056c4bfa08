// @ts-check
import { ourDatabase } from './explain-problem.js'
import { advice, because, permission } from './words.js'

/** @import { Calendar, Connection } from './api-shapes.ts' */
/** @import { Explanation } from './explain.js' */

/** The worst thing the calendar connections themselves say; null when they all work.
 * @param {readonly Connection[]} connections @param {readonly Calendar[]} calendars @returns {Explanation | null} */
export function explainConnections(connections, calendars) {
  const connected = connections.filter(({ status }) => status !== 'disconnected')
  const [ended] = connections
  if (connected.length === 0) return ended === undefined ? nothingConnected() : disconnected(ended)
  const troubles = connected.flatMap((connection) => troubleOf(connection, calendars) ?? [])
  return tones.flatMap((tone) => troubles.find((trouble) => trouble.tone === tone) ?? [])[0] ?? null
}

/** @type {readonly Explanation['tone'][]} */
const tones = ['broken', 'waiting', 'unknown']

/** @returns {Explanation} */
function nothingConnected() {
  return {
    tone: 'unknown',
    reason: 'nothing_connected',
    sentence: 'No calendar is connected yet.',
    next: 'Connect a Google account, and its calendars appear here.',
    remedy: { kind: 'connect', service: 'calendar', connection: null },
  }
}

/** @param {Connection} connection @returns {Explanation} */
function disconnected(connection) {
  return {
    tone: 'broken',
    reason: connection.reason ?? 'disconnected',
    sentence: `${calendarOf(connection)} stopped because ${because(connection.reason ?? 'disconnected')}.`,
    next: advice(connection) ?? '',
    remedy: connect(connection),
  }
}

/** @param {Connection} connection @param {readonly Calendar[]} calendars @returns {Explanation | null} */
function troubleOf(connection, calendars) {
  const { status, reason } = connection
  const next = advice(connection) ?? ''
  if (status === 'needs_reauthorization') {
    const sentence = `${calendarOf(connection)} stopped because ${because(reason ?? status)}.`
    return { tone: 'broken', reason: reason ?? status, sentence, next, remedy: connect(connection) }
  }
  if (status === 'missing_scopes') return lacking(connection, calendars, next)
  if (reason === 'schema_drift') return ourDatabase()
  if (status === 'unknown') {
    const sentence = `Nobody can say whether ${lower(calendarOf(connection))} works, because ${because(reason ?? 'scopes_unknown')}.`
    return {
      tone: 'unknown',
      reason: reason ?? 'scopes_unknown',
      sentence,
      next: 'Evergrant keeps trying by itself.',
      remedy: null,
    }
  }
  return reason === null ? null : stillWorking(connection, reason, next)
}

/** @param {Connection} connection @param {readonly Calendar[]} calendars @param {string} next @returns {Explanation} */
function lacking(connection, calendars, next) {
  const goesOn = calendars.some(
    ({ connectionId, sync }) => connectionId === connection.id && sync.status === 'fresh',
  )
  const missing = connection.missingScopes.map(permission).join(' and ')
  const sentence = goesOn
    ? `${calendarOf(connection)} is read but cannot be changed, because the permission to ${missing} was not ticked at Google.`
    : `${calendarOf(connection)} stopped because the permission to ${missing} was not ticked at Google.`
  return { tone: 'broken', reason: 'scopes_not_granted', sentence, next, remedy: connect(connection) }
}

/** @param {Connection} connection @param {string} reason @param {string} next @returns {Explanation} */
function stillWorking(connection, reason, next) {
  if (reason === 'refresh_token_missing') {
    const sentence = `${calendarOf(connection)} works, but will stop soon: ${because(reason)}.`
    return { tone: 'broken', reason, sentence, next, remedy: connect(connection) }
  }
  const sentence = `${calendarOf(connection)} is held up because ${because(reason)}.`
  return {
    tone: reason === 'client_misconfigured' ? 'broken' : 'waiting',
    reason,
    sentence,
    next,
    remedy: null,
  }
}

/** @param {Connection} connection */
const calendarOf = ({ account }) => `Your calendar (${account.email})`

/** @param {string} text */
const lower = (text) => text.charAt(0).toLowerCase() + text.slice(1)

/** @param {Connection} connection @returns {Explanation['remedy']} */
const connect = (connection) => ({ kind: 'connect', service: 'calendar', connection })
