import { describe, expect, it } from 'vitest'
import { tallyOf } from './tally.ts'

const passedFile = { status: 'passed', assertionResults: [{}] }

describe('the summary line', () => {
  it('counts what passed and failed', () => {
    const report = { numPassedTests: 3, numFailedTests: 1, testResults: [passedFile] }
    expect(tallyOf(report)).toEqual({ passed: 3, failed: 1, skipped: 0 })
  })

  it('counts a file that could not be loaded as a failure', () => {
    const broken = { status: 'failed', assertionResults: [] }
    expect(tallyOf({ numPassedTests: 3, numFailedTests: 0, testResults: [passedFile, broken] })).toEqual({
      passed: 3,
      failed: 1,
      skipped: 0,
    })
  })

  it('never counts a skipped test as held', () => {
    const report = { numPassedTests: 3, numFailedTests: 0, numPendingTests: 2, testResults: [passedFile] }
    expect(tallyOf(report)).toEqual({ passed: 3, failed: 0, skipped: 2 })
  })
})
