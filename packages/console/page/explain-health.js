// @ts-check
import { ourDatabase } from './explain-problem.js'
import { because } from './words.js'

/** @import { Calendar, GoogleHealth, Listed } from './api-shapes.ts' */
/** @import { Explanation } from './explain.js' */

/** What Google, or the way to it, says about every calendar at once; null when it is well or not known.
 * @param {Listed<GoogleHealth>} health @param {readonly Calendar[]} calendars @returns {Explanation | null} */
export function explainHealth(health, calendars) {
  const google = health.ok ? health.body.find(({ service }) => service === 'calendar') : undefined
  if (google === undefined || google.status === 'ok') return null
  if (google.reason === 'schema_drift') return ourDatabase()
  const why = because(google.reason ?? 'google_unavailable')
  const fresh = calendars.length > 0 && calendars.every(({ sync }) => sync.status === 'fresh')
  if (fresh) {
    return {
      tone: 'waiting',
      sentence: `Your calendar is up to date, but may fall behind: for some users ${why}.`,
      next: 'You do not have to do anything; Evergrant keeps trying by itself.',
      remedy: null,
    }
  }
  return {
    tone: 'waiting',
    sentence: `Your calendar is held up for everybody${google.status === 'degraded' ? ' or for some' : ''}, because ${why}.`,
    next: 'Your account is fine, and you do not have to do anything; Evergrant keeps trying by itself.',
    remedy: null,
  }
}
