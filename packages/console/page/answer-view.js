// @ts-check
import { deedButton } from './deed-button.js'
import { element } from './elements.js'
import { serviceNames, statusWords } from './words.js'

/** @import { Connection, Service } from './api-shapes.ts' */
/** @import { Explanation, Remedy } from './explain.js' */

/**
 * @typedef {object} AnswerParts
 * @property {readonly Connection[]} others connections of other services that need somebody
 * @property {readonly string[]} notFoundOut
 * @property {(deed: Remedy['kind']) => string | null} withheld
 * @property {(remedy: Remedy) => void} onRemedy
 */

/** The answer, what follows from it, the click that helps, and what nobody could find out.
 * @param {Explanation} explanation @param {AnswerParts} parts */
export function answerView({ tone, sentence, next, remedy }, { others, notFoundOut, withheld, onRemedy }) {
  const why = remedy === null ? null : withheld(remedy.kind)
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
          deedButton({
            key: 'remedy',
            kind: null,
            label: remedyWords(remedy),
            words: remedyWords(remedy),
            because: why === null ? null : 'withheld-remedy',
            act: () => onRemedy(remedy),
          }),
        ),
    why === null ? null : element('p', { class: 'withheld', id: 'withheld-remedy' }, why),
    ...others.map(({ service, account, status }) =>
      element(
        'p',
        { class: 'also' },
        `Also: ${serviceNames[service]} (${account.email}): ${statusWords[status].toLowerCase()}.`,
      ),
    ),
    notFoundOut.length === 0
      ? null
      : element('p', { class: 'also' }, `Could not be found out right now: ${notFoundOut.join('; ')}.`),
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
