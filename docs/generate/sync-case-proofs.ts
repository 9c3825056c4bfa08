import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Proof {
  /** e.g. `B1.3`. */
  readonly cases: readonly string[]
  /** What is spoken of, and the test's title without its numbers. */
  readonly title: string
  readonly file: string
}

export interface SpecText {
  readonly file: string
  readonly text: string
}

// The title of it(…) or, behind its table, of it.each(…)(…).
const titlePattern = /(?<=\bit\(\s*|\)\(\s*)(['"`])((?:(?!\1).)*) \((B\d+\.\d+(?:, B\d+\.\d+)*)\)\1/g
const subjectPattern = /\bdescribe\((['"`])((?:(?!\1).)*)\1/g
const anyNumber = /\(B\d[^()\n]*\)/g

/** The titles that end with numbers of cases, in the order they are written. */
export function proofsIn({ file, text }: SpecText): readonly Proof[] {
  return [...text.matchAll(titlePattern)].map(({ 2: title = '', 3: numbers = '', index }) => ({
    cases: numbers.split(', '),
    title: [subjectAt(text, index), title].filter(Boolean).join(': '),
    file,
  }))
}

/** The title of the describe(…) a test stands in. */
function subjectAt(text: string, index: number): string {
  return [...text.slice(0, index).matchAll(subjectPattern)].at(-1)?.[2] ?? ''
}

/** Numbers that do not end a test's title, or are not written as they should be: they would prove nothing. */
export function misplacedNumbers({ text }: SpecText): readonly string[] {
  return text.replaceAll(titlePattern, '').match(anyNumber) ?? []
}

/** Every spec about the product; what `test/support` holds is about the tests. */
export function readSpecs(root: string): readonly SpecText[] {
  return ['packages', 'services', 'test/failures', 'test/journeys'].flatMap((top) =>
    specsUnder(root, top).map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') })),
  )
}

function specsUnder(root: string, folder: string): readonly string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true })
  return entries
    .toSorted((left, right) => (left.name < right.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`
      if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : specsUnder(root, path)
      return entry.name.endsWith('.spec.ts') ? [path] : []
    })
}
