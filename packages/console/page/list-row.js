// @ts-check
import { element } from './elements.js'

/** One row of a list: what it is about, how that is, and why where there is something to say.
 * @param {{ key: string, what: readonly Node[], how: readonly Node[], why: readonly (Node | string)[], more?: Node | null }} parts */
export function listRow({ key, what, how, why, more = null }) {
  return element(
    'li',
    { class: 'row', 'data-key': key },
    element('div', { class: 'row-what' }, ...what),
    element('div', { class: 'row-how' }, ...how),
    why.length === 0 ? null : element('p', { class: 'row-why' }, ...why),
    more,
  )
}
