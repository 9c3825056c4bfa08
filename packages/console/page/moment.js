// @ts-check
import { element } from './elements.js'
import { ago, inFull } from './times.js'

/** A time as people say it, with the exact one behind it. @param {string | null} at @param {string} [otherwise] */
export function moment(at, otherwise = 'never') {
  if (at === null) return element('span', {}, otherwise)
  return element('time', { datetime: at, title: inFull(at) }, ago(at, new Date()))
}
