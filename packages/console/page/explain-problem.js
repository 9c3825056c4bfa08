// @ts-check
/** @import { Problem } from './api-shapes.ts' */
/** @import { Explanation } from './explain.js' */
import { because } from './words.js'

/** A refusal because of schema drift is about us, and about nothing the user did.
 * @param {Problem} problem @returns {Explanation | null} */
export function databaseTrouble(problem) {
  return problem.code === 'schema_drift' ? ourDatabase() : null
}

/** @returns {Explanation} */
export function ourDatabase() {
  return {
    tone: 'waiting',
    reason: 'schema_drift',
    sentence: `Your calendar is held up because ${because('schema_drift')}.`,
    next: 'You do not have to do anything: it goes on by itself once an operator has repaired it.',
    remedy: null,
  }
}
