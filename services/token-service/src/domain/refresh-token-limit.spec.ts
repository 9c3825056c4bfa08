import { describe, expect, it } from 'vitest'
import { displacedByNewer } from './refresh-token-limit.ts'

describe('a refresh token was displaced by newer ones', () => {
  it('when a hundred newer ones are there, whatever else is', () => {
    expect(displacedByNewer({ older: 0, newer: 100 })).toBe(true)
    expect(displacedByNewer({ older: 7, newer: 130 })).toBe(true)
  })

  it('when it was the oldest of a full hundred', () => {
    expect(displacedByNewer({ older: 0, newer: 99 })).toBe(true)
    expect(displacedByNewer({ older: 1, newer: 99 })).toBe(false)
  })

  it('but not while there was room', () => {
    expect(displacedByNewer({ older: 0, newer: 98 })).toBe(false)
  })
})
