import { describe, expect, it } from 'vitest'
import { chapters } from '../../docs/generate/sync-case-names.ts'
import { syncCasesPage } from '../../docs/generate/sync-cases-page.ts'

const numbers = chapters.flatMap(({ cases }, index) => Object.keys(cases).map((nr) => `B${index + 1}.${nr}`))
const spec = (...titles: readonly string[]) => ({
  file: 'services/a/src/b.int.spec.ts',
  text: ["describe('a thing', () => {", ...titles.map((title) => `  it('${title}', () => {})`)].join('\n'),
})
const proving = (...cases: readonly string[]) => spec(...cases.map((each) => `does it (${each})`))
const problems = (...given: Parameters<typeof syncCasesPage>) => syncCasesPage(...given).problems

describe('the page of sync cases', () => {
  it('has 98 cases, numbered through', () => {
    expect(numbers.map((each) => Number(each.split('.')[1]))).toEqual(
      Array.from({ length: 98 }, (_, nr) => nr + 1),
    )
  })

  it('holds when every case has a test or a reason, and shows both', () => {
    const [first = '', ...others] = numbers
    const { text, problems } = syncCasesPage([proving(...others)], { [first]: 'nobody sends it' })
    expect(problems).toEqual([])
    expect(text).toContain('not provable here, because nobody sends it')
    expect(text).toContain('a thing: does it ([b](../services/a/src/b.int.spec.ts))')
  })

  it('fails for a case without a test, and for a reason that a test has overtaken', () => {
    const [, ...others] = numbers
    expect(problems([proving(...others)], {})).toEqual(['B1.1 has no test'])
    expect(problems([proving(...numbers)], { 'B1.1': 'late' })).toEqual(['B1.1 is excused, and has a test'])
    expect(problems([proving(...numbers)], { 'B1.99': 'odd' })).toEqual(['B1.99 is excused, and is no case'])
  })

  it('fails for a title that names a case there is none of', () => {
    expect(problems([proving(...numbers), spec('goes too far (B1.2, B2.99)')], {})).toEqual([
      'B2.99 is no case: "a thing: goes too far" in services/a/src/b.int.spec.ts',
    ])
  })

  it('fails for numbers that would prove nothing, because they do not end a title or are cut short', () => {
    const lame = spec('first (B1.2) then more', 'cut short (B1.2, 3)', 'whole (B1.2, B1.3)')
    expect(problems([proving(...numbers), lame], {})).toEqual([
      '(B1.2) does not end a title in services/a/src/b.int.spec.ts',
      '(B1.2, 3) does not end a title in services/a/src/b.int.spec.ts',
    ])
  })
})
