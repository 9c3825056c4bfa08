// @ts-check
import { element, webAddress } from './elements.js'

/** @import { Problem } from './api-shapes.ts' */

/** A problem document (RFC 9457) for people: what, why, what helps, and the number support asks for.
 * @param {Problem} problem @param {string} [what] what could not be done */
export function problemBox({ title, detail, action, requestId, retryAfter }, what) {
  const url = webAddress(action?.url)
  return element(
    'div',
    { class: 'problem' },
    element('p', { class: 'problem-title' }, what === undefined ? title : `${what}: ${title.toLowerCase()}`),
    detail === '' ? null : element('p', {}, detail),
    action === undefined ? null : element('p', {}, action.description),
    url === null ? null : element('p', {}, element('a', { href: url, rel: 'noreferrer' }, 'Open what helps')),
    retryAfter === undefined ? null : element('p', {}, `Trying again makes sense in ${retryAfter} s.`),
    requestId === undefined
      ? null
      : element('p', { class: 'reference' }, 'Reference: ', element('code', {}, requestId)),
  )
}
