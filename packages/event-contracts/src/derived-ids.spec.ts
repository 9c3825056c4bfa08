import { describe, expect, it } from 'vitest'
import { connectionIdOf, grantIdOf } from './derived-ids.ts'

describe('derived ids', () => {
  it('find the same grant for the same user, issuer and account', () => {
    expect(grantIdOf('alice', 'https://g', '1')).toBe(grantIdOf('alice', 'https://g', '1'))
    expect(grantIdOf('alice', 'https://g', '1')).not.toBe(grantIdOf('alice', 'https://g', '2'))
  })

  it('cannot be confused by a separator inside a part', () => {
    expect(grantIdOf('a","b', 'c', 'd')).not.toBe(grantIdOf('a', 'b","c', 'd'))
  })

  it('differ per service', () => {
    const grant = grantIdOf('alice', 'https://g', '1')
    expect(connectionIdOf(grant, 'calendar')).not.toBe(connectionIdOf(grant, 'drive'))
  })
})
