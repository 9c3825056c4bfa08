// @ts-check
import { element } from './elements.js'
import { serviceNames, statusWords } from './words.js'

/** @import { Connection, Service } from './api-shapes.ts' */
/** @import { Explanation, Remedy } from './explain.js' */

/** The answer, what follows from it, and the click that helps.
 * @param {Explanation} explanation
 * @param {readonly Connection[]} others connections of other services that need somebody
 * @param {(remedy: Remedy) => void} onRemedy */
export function answerView({ tone, sentence, next, remedy }, others, onRemedy) {
  return element(
    'div',
    { class: `verdict ${tone}` },
    element('p', { class: 'lead' }, sentence),
    next === '' ? null : element('p', { class: 'next' }, next),
    remedy === null
      ? null
      : element(
          'p',
          { class: 'buttons' },
          element(
            'button',
            { type: 'button', 'data-key': 'remedy', click: () => onRemedy(remedy) },
            remedyWords(remedy),
          ),
        ),
    ...others.map(({ service, account, status }) =>
      element(
        'p',
        { class: 'also' },
        `Also: ${serviceNames[service]} (${account.email}): ${statusWords[status].toLowerCase()}.`,
      ),
    ),
  )
}

/** @param {Remedy} remedy */
function remedyWords(remedy) {
  if (remedy.kind === 'sync') return 'Sync now'
  if (remedy.connection === null) return `Connect ${serviceNames[remedy.service]}`
  return remedy.connection.status === 'missing_scopes' ? 'Grant the missing permission' : 'Connect again'
}

/** @param {readonly Connection[]} connections */
export function othersInTrouble(connections) {
  return connections.filter(
    ({ service, status }) =>
      service !== 'calendar' && (status === 'needs_reauthorization' || status === 'missing_scopes'),
  )
}

/** Services nobody has connected yet. @param {readonly Connection[]} connections @returns {readonly Service[]} */
export function unconnected(connections) {
  return /** @type {Service[]} */ (Object.keys(serviceNames)).filter((service) =>
    connections.every((connection) => connection.service !== service),
  )
}
