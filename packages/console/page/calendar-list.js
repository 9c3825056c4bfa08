// @ts-check
import { copyTones } from './copies-view.js'
import { copyStanding, isRoutine } from './copy-standing.js'
import { element } from './elements.js'
import { listRow } from './list-row.js'
import { moment } from './moment.js'
import { standingList } from './standing-list.js'
import { sentence, syncWords } from './words.js'

/** @import { Calendar, Connection, SystemHealth } from './api-shapes.ts' */

const shownAtFirst = 25

/**
 * @typedef {object} CalendarListParts
 * @property {readonly Connection[]} connections
 * @property {SystemHealth | null} health
 * @property {boolean} showsAll
 * @property {() => void} onShowAll
 */

/** The copies, and how far each can be trusted: the first ones, until somebody wants all.
 * @param {readonly Calendar[]} calendars @param {CalendarListParts} parts */
export function calendarList(calendars, parts) {
  if (calendars.length === 0) return element('p', { class: 'empty' }, 'No calendar has been synced yet.')
  // With one account, its address in every row says nothing.
  const several = new Set(calendars.map(({ connectionId }) => connectionId)).size > 1
  const shown = parts.showsAll ? inOrder(calendars) : inOrder(calendars).slice(0, shownAtFirst)
  return element(
    'div',
    {},
    element(
      'ul',
      { class: 'rows', id: 'calendar-rows' },
      ...shown.map((calendar) => row(calendar, several, parts)),
    ),
    calendars.length <= shownAtFirst ? null : more(calendars.length, parts),
  )
}

/** @param {number} all @param {CalendarListParts} parts */
function more(all, { showsAll, onShowAll }) {
  const button = element(
    'button',
    {
      type: 'button',
      class: 'quiet',
      'data-key': 'show-all',
      'aria-expanded': String(showsAll),
      'aria-controls': 'calendar-rows',
      click: onShowAll,
    },
    showsAll ? `Show the first ${shownAtFirst}` : `Show all ${all}`,
  )
  return element('div', { class: 'buttons add' }, button)
}

/** @type {readonly Calendar['sync']['status'][]} */
const worstFirst = ['failed', 'paused', 'stale', 'syncing', 'fresh']

/** What is wrong first, then the main calendar, then by name: among sixty, nobody finds the one that stopped.
 * @param {readonly Calendar[]} calendars @returns {readonly Calendar[]} */
export function inOrder(calendars) {
  /** A sync that is due moves no row. @param {Calendar} calendar */
  const rank = ({ sync }) => worstFirst.indexOf(isRoutine(sync) ? 'fresh' : sync.status)
  return [...calendars].sort(
    (one, other) =>
      rank(one) - rank(other) ||
      Number(other.primary) - Number(one.primary) ||
      (one.summary ?? '').localeCompare(other.summary ?? '', 'en', { numeric: true }),
  )
}

/** @param {Calendar} calendar @param {boolean} several @param {CalendarListParts} parts */
function row({ id, connectionId, summary, primary, sync }, several, { connections, health }) {
  const name = summary ?? 'Calendar without a name'
  const connection = connections.find((each) => each.id === connectionId)
  const owner = [
    primary ? 'main calendar' : null,
    several ? (connection?.account.email ?? null) : null,
  ].filter((part) => part !== null)
  const standing = copyStanding(sync, { service: 'calendar', connection, health })
  return listRow({
    key: `calendar-${id}`,
    what: [
      element('h3', {}, name),
      ...(owner.length === 0 ? [] : [element('p', { class: 'account' }, owner.join(' · '))]),
    ],
    how: [
      element('p', { class: `status ${copyTones[sync.status]}` }, syncWords[sync.status]),
      element('p', { class: 'when' }, 'last synced ', moment(sync.lastSyncedAt)),
    ],
    why: sync.reason === null ? [] : [sentence(sync.reason)],
    more:
      standing === null
        ? null
        : element(
            'details',
            { class: 'row-more' },
            element(
              'summary',
              { 'data-key': `why-${id}`, 'aria-label': `Since when, and what helps: ${name}` },
              'Since when, and what helps',
            ),
            standingList(standing),
          ),
  })
}
