// @ts-check
import { element } from './elements.js'
import { moment } from './moment.js'

/** @import { Standing } from './connection-standing.js' */

const notFoundOut = 'It could not be found out.'

/** What is the matter, since when, what still works, what to do, and what happens by itself: one row each. @param {Standing} standing */
export function standingList({ matter, since, sinceWords, works, worksUntil, todo, itself, next }) {
  return element(
    'dl',
    { class: 'standing' },
    ...row('What is the matter', matter),
    ...row('Since when', ...sinceWhen(since, sinceWords)),
    ...row('What still works', works, ...(worksUntil ? [' ', moment(worksUntil), '.'] : [])),
    ...row('What you can do', todo),
    ...row('What happens by itself', itself, ...(next === null ? [] : [' Next: ', moment(next), '.'])),
  )
}

/** @param {string | null} since @param {string | undefined} words @returns {readonly (Node | string)[]} */
function sinceWhen(since, words) {
  if (since === null) return [words ?? notFoundOut]
  return words === undefined ? [moment(since)] : [words, ' ', moment(since)]
}

/** @param {string} question @param {...(Node | string)} answer */
const row = (question, ...answer) => [element('dt', {}, question), element('dd', {}, ...answer)]
