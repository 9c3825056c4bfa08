// @ts-check
import { patch } from './patch.js'

/** @typedef {Node | string | null} Child */

/** Builds an element. Text becomes a text node and is never parsed: names of calendars and accounts are written by strangers.
 * @param {string} tag
 * @param {Readonly<Record<string, string | boolean | null | ((event: Event) => void)>>} attributes
 * @param {...Child} children
 * @returns {HTMLElement} */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(name, value)
    else if (value === true) made.setAttribute(name, '')
    else if (typeof value === 'string') made.setAttribute(name, value)
  }
  made.append(...children.filter((child) => child !== null))
  return made
}

/** The element the page was written with. @param {string} id @returns {HTMLElement} */
export function byId(id) {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`index.html has no #${id}`)
  return found
}

/** Puts new content in place, leaving what is alike, and the keyboard back where it was; on the heading when that is gone. @param {HTMLElement} place @param {...Child} children */
export function replaceContent(place, ...children) {
  const focused = document.activeElement
  const had = place.contains(focused) && focused !== place
  const key = had ? focused?.getAttribute('data-key') : null
  const made = /** @type {Element} */ (place.cloneNode(false))
  made.append(...children.filter((child) => child !== null))
  patch(place, made)
  if (!had || place.contains(document.activeElement)) return
  const again = key ? withKey(place, key) : undefined
  const target = again ?? place.closest('section')?.querySelector('h1, h2')
  if (!(target instanceof HTMLElement)) return
  if (again === undefined) target.tabIndex = -1
  target.focus({ preventScroll: true })
}

/** @param {ParentNode} place @param {string} key */
const withKey = (place, key) =>
  [...place.querySelectorAll('[data-key]')].find((each) => each.getAttribute('data-key') === key)

/** Puts the keyboard on what was drawn with this key, if it is there. @param {string} key */
export function focusKey(key) {
  const found = withKey(document, key)
  if (found instanceof HTMLElement) found.focus()
}

/** An address somebody may click; null for anything a browser would run. @param {string | undefined} url */
export function webAddress(url) {
  if (url === undefined || !URL.canParse(url)) return null
  const { protocol, href } = new URL(url)
  return protocol === 'https:' || protocol === 'http:' ? href : null
}
