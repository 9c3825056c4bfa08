// @ts-check
import { element } from './elements.js'
import { listRow } from './list-row.js'
import { moment } from './moment.js'
import { relianceOn } from './system-health.js'
import { because, capital, serviceNames } from './words.js'

/** @import { GoogleHealth, SystemHealth } from './api-shapes.ts' */

/** @type {Readonly<Record<GoogleHealth['status'], readonly [tone: string, word: string]>>} */
const states = {
  ok: ['good', 'Works'],
  degraded: ['waiting', 'Trouble for some'],
  unavailable: ['broken', 'Not reachable'],
}

/** How each Google service stands over all users: the way to its access, and whether it answers itself.
 * @param {readonly GoogleHealth[]} items @param {SystemHealth | null} system */
export function googleHealth(items, system) {
  const rows = items.map((item) => row(withBreaker(item, system)))
  return element('ul', { class: 'rows thirds' }, ...rows)
}

/** That a service itself does not answer, the breaker of calendar-service knows and the health of access does not.
 * @param {GoogleHealth} item @param {SystemHealth | null} system @returns {GoogleHealth} */
function withBreaker(item, system) {
  const breaker = relianceOn(system, 'calendar-service', `${item.service}.sync`)
  return item.status === 'ok' && breaker.state === 'degraded' && breaker.reason !== null
    ? { ...item, status: 'unavailable', reason: breaker.reason, since: breaker.since }
    : item
}

/** @param {GoogleHealth} item */
function row({ service, status, reason, since, refreshSuccess, tokenQuerySuccess }) {
  const [tone, word] = states[status]
  return listRow({
    key: `google-${service}`,
    what: [element('h3', {}, serviceNames[service]), rates(refreshSuccess, tokenQuerySuccess)],
    how: [element('p', { class: `status ${tone}` }, word)],
    why:
      reason === null
        ? []
        : [`${capital(because(reason))}.`, ...(since === null ? [] : [' It began ', moment(since), '.'])],
  })
}

/** @param {number | null} refreshes @param {number | null} queries */
function rates(refreshes, queries) {
  const parts = [
    refreshes === null ? null : `${percent(refreshes)} of renewals succeed`,
    queries === null ? null : `${percent(queries)} of look-ups succeed`,
  ].filter((part) => part !== null)
  return element('p', { class: 'account' }, parts.join(' · ') || 'nothing was asked lately')
}

// Rounded down: 99.96 % is not "all".
/** @param {number} share */
const percent = (share) => `${Math.floor(share * 1_000) / 10} %`
