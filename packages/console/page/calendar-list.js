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
  return element(
    'ul',
    { class: 'rows' },
    ...calendars.map((calendar) =>
      row(
        calendar,
        connections.find(({ id }) => id === calendar.connectionId),
      ),
    ),
  )
}

/** @param {Calendar} calendar @param {Connection | undefined} connection */
function row({ summary, primary, sync }, connection) {
  const name = summary ?? 'Calendar without a name'
  const owner = [primary ? 'main calendar' : null, connection?.account.email ?? null].filter(
    (part) => part !== null,
  )
  return listRow({
    what: [element('h3', {}, name), element('p', { class: 'account' }, owner.join(' · '))],
    how: [
      element('p', { class: `status ${tones[sync.status]}` }, syncWords[sync.status]),
      element('p', { class: 'when' }, 'last synced ', moment(sync.lastSyncedAt)),
    ],
    why: sync.reason === null ? [] : [sentence(sync.reason)],
  })
}
