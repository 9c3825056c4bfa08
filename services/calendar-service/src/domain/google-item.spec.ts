import { describe, expect, it } from 'vitest'
import { laterHistoryId } from './google-item.ts'

describe('history ids', () => {
  it('are compared as the 64-bit numbers they are (B8.92)', () => {
    expect(laterHistoryId('9007199254740993', '9007199254740992')).toBe('9007199254740993')
    expect(laterHistoryId('9', '10')).toBe('10')
  })

  it('never go back, whichever answer comes late (B8.94)', () => {
    expect(laterHistoryId('18446744073709551614', '18446744073709551615')).toBe('18446744073709551615')
  })
})
