// @ts-check
import { element } from './elements.js'

/** One row of a list: what it is about, how that is, and why where there is something to say.
 * @param {{ what: readonly Node[], how: readonly Node[], why: readonly (Node | string)[] }} parts */
export function listRow({ what, how, why }) {
  return element(
    'li',
    { class: 'row' },
    element('div', { class: 'row-what' }, ...what),
    element('div', { class: 'row-how' }, ...how),
    why.length === 0 ? null : element('p', { class: 'row-why' }, ...why),
  )
}
