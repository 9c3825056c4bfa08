// @ts-check
import { element } from './elements.js'
import { listRow } from './list-row.js'
import { moment } from './moment.js'
import { sentence, syncWords } from './words.js'

/** @import { Calendar, Connection } from './api-shapes.ts' */

/** @type {Readonly<Record<Calendar['sync']['status'], string>>} */
const tones = { fresh: 'good', stale: 'waiting', syncing: 'waiting', paused: 'off', failed: 'broken' }

/** The copies, and how far each can be trusted.
 * @param {readonly Calendar[]} calendars @param {readonly Connection[]} connections */
export function calendarList(calendars, connections) {
  if (calendars.length === 0) return element('p', { class: 'empty' }, 'No calendar has been synced yet.')
  // With one account, its address in every row says nothing.
  const several = new Set(calendars.map(({ connectionId }) => connectionId)).size > 1
  return element(
    'ul',
    { class: 'rows' },
    ...inOrder(calendars).map((calendar) =>
      row(calendar, several ? connections.find(({ id }) => id === calendar.connectionId) : undefined),
    ),
  )
}

/** @type {readonly Calendar['sync']['status'][]} */
const worstFirst = ['failed', 'paused', 'stale', 'syncing', 'fresh']

/** What is wrong first, then the main calendar, then by name: among sixty, nobody finds the one that stopped.
 * @param {readonly Calendar[]} calendars @returns {readonly Calendar[]} */
export function inOrder(calendars) {
  /** @param {Calendar} calendar */
  const rank = ({ sync }) => worstFirst.indexOf(sync.status)
  return [...calendars].sort(
    (one, other) =>
      rank(one) - rank(other) ||
      Number(other.primary) - Number(one.primary) ||
      (one.summary ?? '').localeCompare(other.summary ?? '', 'en', { numeric: true }),
  )
}

/** @param {Calendar} calendar @param {Connection | undefined} connection */
function row({ summary, primary, sync }, connection) {
  const name = summary ?? 'Calendar without a name'
  const owner = [primary ? 'main calendar' : null, connection?.account.email ?? null].filter(
    (part) => part !== null,
  )
  return listRow({
    what: [
      element('h3', {}, name),
      ...(owner.length === 0 ? [] : [element('p', { class: 'account' }, owner.join(' · '))]),
    ],
    how: [
      element('p', { class: `status ${tones[sync.status]}` }, syncWords[sync.status]),
      element('p', { class: 'when' }, 'last synced ', moment(sync.lastSyncedAt)),
    ],
    why: sync.reason === null ? [] : [sentence(sync.reason)],
  })
}
