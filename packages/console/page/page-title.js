// @ts-check
import { briefs } from './brief-words.js'

/** @import { Explanation } from './explain.js' */

/** @type {Readonly<Record<Explanation['tone'], string>>} */
const otherwise = {
  good: 'Up to date',
  waiting: 'On its way',
  broken: 'Needs you',
  unknown: 'Cannot be said',
}

/** What a tab says while nobody looks at its page: what is the matter first, whose page it is last.
 * @param {Pick<Explanation, 'tone' | 'reason'>} explanation */
export function titleOf({ tone, reason }) {
  const brief = reason !== null && Object.hasOwn(briefs, reason) ? briefs[reason] : otherwise[tone]
  return `${brief} – Evergrant`
}

export const signInTitle = 'Sign in – Evergrant console'
export const lookingTitle = 'Looking … – Evergrant console'
