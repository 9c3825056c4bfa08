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

/** Says what is new, once for each topic. What was said of another topic just before is left standing, or the one would swallow
 * the other; what was said of the same one is no longer so.
 * @param {HTMLElement} place a live region that reads what is added to it */
export function announcerOn(place) {
  /** @type {Map<string, { words: string, line: HTMLElement }>} */
  const last = new Map()
  /** @param {string} topic @param {string} words */
  return (topic, words) => {
    const before = last.get(topic)
    if ((before?.words ?? '') === words) return
    const line = document.createElement('p')
    line.textContent = words
    last.set(topic, { words, line })
    before?.line.remove()
    if (words !== '') place.append(line)
  }
}

/** @typedef {ReturnType<typeof announcerOn>} Announce */
