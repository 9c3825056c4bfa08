import { differencesOf } from '../diff/diff-catalog.ts'
import type { Difference } from '../diff/difference.ts'
import { type Change, changed, recorded } from './recorded-corpus.ts'

/** `relations/users/columns/email/type` becomes `value`; without one it goes. */
export function put(path: string, value?: unknown): Change {
  return { at: path.split('/'), ...(value === undefined ? {} : { value }) }
}

/** What is said about the recorded lab when the database, or what the manifest expects of it, is another one. */
export function told({
  there = [],
  expected = [],
}: {
  readonly there?: readonly Change[]
  readonly expected?: readonly Change[]
}): string[][] {
  const { manifest, healthy } = recorded
  const catalog = changed(manifest.catalog, expected)
  // Whatever is expected is also there, unless `there` says otherwise.
  const actual = changed(changed(healthy, expected), there)
  return differencesOf({ ...manifest, catalog }, actual).map(asLines)
}

/** Everything about a difference, one thing a line. */
function asLines(difference: Difference): string[] {
  const { path, kind, class: word, expected, actual, explanation, remedy, touches = [] } = difference
  return [
    `${word} ${kind} ${path}`,
    `${expected} → ${actual}`,
    explanation,
    ...(remedy === undefined ? [] : [`${difference.additive ? 'adds' : 'mends'}: ${remedy}`]),
    ...touches.map(
      ({ table, columns, access }) => `touches ${table}(${columns?.join(', ') ?? '*'}) ${access.join(', ')}`,
    ),
    ...(difference.calls === undefined ? [] : [`calls ${difference.calls.join(', ')}`]),
    ...(difference.impact === undefined ? [] : [`so ${difference.impact}`]),
  ]
}
