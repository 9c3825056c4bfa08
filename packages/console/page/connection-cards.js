// @ts-check
import { unconnected } from './answer-view.js'
import { connectionCard } from './connection-card.js'
import { deedButton } from './deed-button.js'
import { element } from './elements.js'
import { withheld } from './withheld.js'
import { serviceNames } from './words.js'

/** @import { Connection, Service, SystemHealth } from './api-shapes.ts' */
/** @import { CardParts } from './connection-card.js' */
/** @import { Trouble } from './trouble-history.js' */

/** @typedef {CardParts & { onAdd: (service: Service) => void }} CardDeeds */

/** Every connection, and what can be added.
 * @param {readonly Connection[]} connections
 * @param {{ troubles: ReadonlyMap<string, Trouble>, health: SystemHealth | null }} known @param {CardDeeds} parts */
export function connectionCards(connections, { troubles, health }, parts) {
  const cards = connections.map((connection) =>
    connectionCard(
      connection,
      { all: connections, trouble: troubles.get(connection.id) ?? null, health },
      parts,
    ),
  )
  const missing = unconnected(connections)
  return element(
    'div',
    {},
    element('div', { class: 'cards' }, ...cards),
    missing.length === 0 ? null : adding(missing, withheld('connect', health), parts),
  )
}

/** @param {readonly Service[]} missing @param {string | null} why @param {CardDeeds} parts */
function adding(missing, why, { onAdd }) {
  const buttons = missing.map((service) =>
    deedButton({
      key: `add-${service}`,
      kind: 'quiet',
      label: `Connect ${serviceNames[service]}`,
      words: `Connect ${serviceNames[service]}`,
      because: why === null ? null : 'withheld-add',
      act: () => onAdd(service),
    }),
  )
  return element(
    'div',
    { class: 'deeds add' },
    element('div', { class: 'buttons' }, ...buttons),
    why === null ? null : element('p', { class: 'withheld', id: 'withheld-add' }, why),
  )
}
