// @ts-check
import { element } from './elements.js'

/** A button that can be withheld. It stays where it is and can be reached by keyboard, so that its reason is heard; the reason
 * is in the element with the id `because`.
 * @param {{ key: string, kind: string | null, label: string, words: string, because: string | null, expanded?: string, act: () => void }} parts */
export function deedButton({ key, kind, label, words, because, expanded, act }) {
  return element(
    'button',
    {
      type: 'button',
      class: kind,
      'data-key': key,
      'aria-label': label,
      'aria-expanded': expanded ?? null,
      'aria-disabled': because === null ? null : 'true',
      'aria-describedby': because,
      click: () => void (because === null && act()),
    },
    words,
  )
}
