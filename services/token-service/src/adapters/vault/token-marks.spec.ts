import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { doubleHashMark, marksOf, prefixMark } from './token-marks.ts'

const token = '1//0eMu-some-refresh-token'
const twice = createHash('sha512').update(createHash('sha512').update(token).digest())

describe('the marks of a refresh token', () => {
  const marks = marksOf(token)

  it('are SHA-512 of its SHA-512, and of its first sixteen characters; neither holds any of it', () => {
    expect(marks).toEqual({
      doubleHash: twice.copy().digest('base64'),
      prefixHash: createHash('sha512').update('1//0eMu-some-ref').digest('base64'),
    })
  })

  it('are found however the sender spells the digest', () => {
    for (const spelling of ['base64', 'base64url', 'hex'] as const) {
      expect(doubleHashMark(twice.copy().digest(spelling))).toBe(marks.doubleHash)
    }
    expect(prefixMark(token.slice(0, 16))).toBe(marks.prefixHash)
  })

  it('are never made of what is no digest', () => {
    expect(doubleHashMark('')).toBeNull()
    expect(doubleHashMark(createHash('sha256').update(token).digest('base64'))).toBeNull()
  })
})
