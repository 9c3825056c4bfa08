// @ts-check
import { ourDatabase } from './explain-problem.js'
import { relianceOn } from './system-health.js'
import { because } from './words.js'

/** @import { Calendar, GoogleHealth, Listed, SystemHealth } from './api-shapes.ts' */
/** @import { Explanation } from './explain.js' */

/** What Google, or the way to it, says about every calendar at once; null when it is well or not known. The health of Google
 * is about access; that the calendars themselves are not answered, only their service's breaker knows.
 * @param {Listed<GoogleHealth>} health @param {SystemHealth | null} system @param {readonly Calendar[]} calendars
 * @returns {Explanation | null} */
export function explainHealth(health, system, calendars) {
  const google = health.ok ? health.body.find(({ service }) => service === 'calendar') : undefined
  if (google !== undefined && google.status !== 'ok')
    return google.reason === 'schema_drift' ? ourDatabase() : heldUp(google, calendars)
  const breaker = relianceOn(system, 'calendar-service', 'calendar.sync')
  return breaker.state === 'degraded' && breaker.reason === 'google_unavailable'
    ? heldUp({ status: 'unavailable', reason: breaker.reason }, calendars)
    : null
}

/** @param {Pick<GoogleHealth, 'status' | 'reason'>} google @param {readonly Calendar[]} calendars @returns {Explanation} */
function heldUp({ status, reason: word }, calendars) {
  const reason = word ?? 'google_unavailable'
  const fresh = calendars.length > 0 && calendars.every(({ sync }) => sync.status === 'fresh')
  if (fresh) {
    return {
      tone: 'waiting',
      reason,
      sentence: `Your calendar is up to date, but may fall behind: for some users ${because(reason)}.`,
      next: 'You do not have to do anything; Evergrant keeps trying by itself.',
      remedy: null,
    }
  }
  return {
    tone: 'waiting',
    reason,
    sentence: `Your calendar is held up for everybody${status === 'degraded' ? ' or for some' : ''}, because ${because(reason)}.`,
    next: 'Your account is fine, and you do not have to do anything; Evergrant keeps trying by itself.',
    remedy: null,
  }
}
