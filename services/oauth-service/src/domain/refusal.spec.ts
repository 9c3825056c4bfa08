import { describe, expect, it } from 'vitest'
import { refusalOf } from './refusal.ts'

describe("an error in Google's redirect", () => {
  it.each(['access_denied', 'admin_policy_enforced', 'org_internal'])('means no: %s', (error) => {
    expect(refusalOf(error)).toEqual({ status: 'denied', reason: error })
  })
  it.each(['server_error', 'temporarily_unavailable', 'invalid_scope'])('means a fault: %s', (error) => {
    expect(refusalOf(error)).toEqual({ status: 'failed', reason: error })
  })
  it('is not repeated when nobody knows the word, because anyone can type one', () => {
    expect(refusalOf('<script>')).toEqual({ status: 'failed', reason: 'unrecognized_error' })
    expect(refusalOf('constructor')).toEqual({ status: 'failed', reason: 'unrecognized_error' })
  })
})
