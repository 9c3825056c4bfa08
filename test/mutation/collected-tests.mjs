import { readFileSync, writeFileSync } from 'node:fs'
import { format, isDeepStrictEqual } from 'node:util'

// Stands in for vitest where a spec is run a thousand times in one process: it collects tests instead of running them, and knows just
// the matchers that the classifier's specs use. Whether those specs hold is vitest's to say; here only a change counts.

/** Every test of every spec that was imported, in order. */
export const tests = []
let titles = []

export function describe(title, body) {
  titles.push(title)
  body()
  titles = titles.slice(0, -1)
}

export function it(title, body) {
  tests.push({ name: [...titles, title].join(' > '), body })
}

it.each = (rows) => (title, body) => {
  for (const [n, row] of rows.entries()) {
    const values = Array.isArray(row) ? row : [row]
    it(`${format(title, ...values.slice(0, title.split('%').length - 1))} (${n + 1})`, () => body(...values))
  }
}

let running
let snapshots = new Map()

// In Stryker's copy, where every process that runs mutants finds what the one without a mutant wrote.
const file = 'snapshots.json'
export function writeSnapshots() {
  writeFileSync(file, JSON.stringify([...snapshots]))
}
export function readSnapshots() {
  snapshots = new Map(JSON.parse(readFileSync(file, 'utf8')))
}

/** Runs one test; `record` keeps what its snapshots are, later runs are compared with that. */
export async function runTest(test, { record }) {
  running = { name: test.name, taken: 0, record }
  await test.body()
}

export function expect(actual) {
  const check = (holds, what) => {
    if (!holds) throw new Error(`${running.name}: not ${what}`)
  }
  return {
    toBe: (expected) => check(Object.is(actual, expected), 'the same'),
    toBeNull: () => check(actual === null, 'null'),
    toContain: (part) => check(actual.includes(part), 'in it'),
    toEqual: (expected) => check(isDeepStrictEqual(plain(actual), plain(expected)), 'equal'),
    toMatch: (pattern) => check(pattern.test(actual), 'matching'),
    toMatchInlineSnapshot: () => {
      const key = `${running.name} ${running.taken++}`
      if (running.record) snapshots.set(key, JSON.stringify(actual))
      else check(snapshots.get(key) === JSON.stringify(actual), 'what it was')
    },
    not: { toBe: (expected) => check(!Object.is(actual, expected), 'another') },
  }
}

// As toEqual has it: what is undefined is not there.
function plain(value) {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}
