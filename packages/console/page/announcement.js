// @ts-check
import { isTroubled } from './trouble-history.js'
import { serviceNames, statusWords } from './words.js'

/** @import { Connection } from './api-shapes.ts' */
/** @import { Explanation } from './explain.js' */

/** What is read aloud of what is shown: no times, for those change while nothing does.
 * @param {Pick<Explanation, 'sentence'>} explanation @param {readonly Connection[]} connections */
export function announcementOf({ sentence }, connections) {
  const others = connections
    .filter((connection) => connection.service !== 'calendar' && isTroubled(connection))
    .map(
      ({ service, account, status }) =>
        `${serviceNames[service]} of ${account.email}: ${statusWords[status]}.`,
    )
  return [sentence, ...others].join(' ')
}

const keptLines = 4

/** Says what is new, once for each topic. What was said just before is left standing, or the one would swallow the other.
 * @param {HTMLElement} place a live region that reads what is added to it */
export function announcerOn(place) {
  /** @type {Map<string, string>} */
  const last = new Map()
  /** @param {string} topic @param {string} words */
  return (topic, words) => {
    if (last.get(topic) === words) return
    last.set(topic, words)
    if (words === '') return
    const line = document.createElement('p')
    line.textContent = words
    place.append(line)
    while (place.childElementCount > keptLines) place.firstElementChild?.remove()
  }
}

/** @typedef {ReturnType<typeof announcerOn>} Announce */
