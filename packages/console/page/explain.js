// @ts-check
import { explainCalendars, worstOf } from './explain-calendars.js'
import { explainConnections } from './explain-connections.js'
import { explainHealth } from './explain-health.js'
import { databaseTrouble } from './explain-problem.js'

/** @import { Calendar, Connection, GoogleHealth, Listed, Service, SystemHealth } from './api-shapes.ts' */

/**
 * What a click would do about it.
 * @typedef {{ kind: 'connect', service: Service, connection: Connection | null } | { kind: 'sync' }} Remedy
 */

/**
 * `broken` needs somebody, `waiting` mends itself, `unknown` claims nothing.
 * @typedef {object} Explanation
 * @property {'good' | 'waiting' | 'broken' | 'unknown'} tone
 * @property {string | null} reason the stable word behind it, where there is one
 * @property {string} sentence
 * @property {string} next
 * @property {Remedy | null} remedy
 */

/**
 * @typedef {object} Known
 * @property {Listed<Connection>} connections
 * @property {Listed<Calendar>} calendars
 * @property {Listed<GoogleHealth>} health
 * @property {SystemHealth | null} [system]
 */

/** Answers "why did my calendar stop?" with the cause that lies deepest: no access explains a sync that fails, not the
 * other way round.
 * @param {Known} known @param {Date} now @returns {Explanation} */
export function explain({ connections, calendars, health, system = null }, now) {
  if (!connections.ok) {
    return (
      databaseTrouble(connections.problem) ?? {
        tone: 'unknown',
        reason: 'unreadable',
        sentence: `It cannot be said right now, because your connections cannot be read.`,
        next: connections.problem.detail,
        remedy: null,
      }
    )
  }
  const mine = connections.body.filter(({ service }) => service === 'calendar')
  const copies = calendars.ok ? calendars.body : []
  const access = explainConnections(mine, copies)
  if (access !== null) return access
  const google = explainHealth(health, system, copies)
  const worst = worstOf(copies)
  const saysLittle = worst === undefined || worst.sync.reason === null || vague.has(worst.sync.reason)
  return google !== null && saysLittle ? google : explainCalendars(calendars, mine, now)
}

/** That it is late, and not why: what stands in the way of everybody explains it better. */
const vague = new Set(['overdue', 'never_synced', 'token_unavailable', 'google_unavailable'])
