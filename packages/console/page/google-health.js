// @ts-check
import { element } from './elements.js'
import { listRow } from './list-row.js'
import { moment } from './moment.js'
import { because, capital, serviceNames } from './words.js'

/** @import { GoogleHealth } from './api-shapes.ts' */

/** @type {Readonly<Record<GoogleHealth['status'], readonly [tone: string, word: string]>>} */
const states = {
  ok: ['good', 'Works'],
  degraded: ['waiting', 'Trouble for some'],
  unavailable: ['broken', 'Not reachable'],
}

/** How each Google service stands over all users. @param {readonly GoogleHealth[]} items */
export function googleHealth(items) {
  return element('ul', { class: 'rows thirds' }, ...items.map(row))
}

/** @param {GoogleHealth} item */
function row({ service, status, reason, since, refreshSuccess, tokenQuerySuccess }) {
  const [tone, word] = states[status]
  return listRow({
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
