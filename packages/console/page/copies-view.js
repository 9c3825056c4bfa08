// @ts-check
import { copyStanding } from './copy-standing.js'
import { element } from './elements.js'
import { moment } from './moment.js'
import { standingList } from './standing-list.js'
import { syncWords } from './words.js'

/** @import { Connection, CopySync, Service, SystemHealth } from './api-shapes.ts' */

/** @type {Readonly<Record<CopySync['status'], string>>} */
export const copyTones = {
  fresh: 'good',
  stale: 'waiting',
  syncing: 'waiting',
  paused: 'off',
  failed: 'broken',
}

/** @type {Readonly<Record<Service, string>>} */
const names = { calendar: 'List of calendars', gmail: 'Gmail messages', drive: 'Drive files' }

/** The copies that belong to a connection as a whole: its list of calendars, its mail, its files.
 * @param {Service} service @param {readonly CopySync[]} copies
 * @param {{ connections: readonly Connection[], health: SystemHealth | null }} known */
export function copiesView(service, copies, { connections, health }) {
  return copies.map((copy) => {
    const connection = connections.find(({ id }) => id === copy.connectionId)
    const standing = copyStanding(copy, { service, connection, health })
    const title = `copy-${service}-${copy.connectionId}`
    return element(
      'article',
      { class: 'copy', 'aria-labelledby': title, 'data-key': title },
      element(
        'div',
        { class: 'card-head' },
        element(
          'h3',
          { id: title },
          names[service],
          element(
            'span',
            { class: 'account' },
            connection?.account.email ?? 'of an account that is not known here yet',
          ),
        ),
        element('p', { class: `status ${copyTones[copy.status]}` }, syncWords[copy.status]),
      ),
      element('p', { class: 'when' }, 'last synced ', moment(copy.lastSyncedAt)),
      standing === null ? null : standingList(standing),
    )
  })
}
