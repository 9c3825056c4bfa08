import { describe, expect, it } from 'vitest'
import { arrivalOf } from './arrival.js'
import { webAddress } from './elements.js'
import { claimsOf, tokenIn } from './session.js'

const jwt = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.sig`

describe('what was pasted', () => {
  it.each(['a.b.c', ' a.b.c\n', 'Bearer a.b.c', 'Authorization: Bearer a.b.c', '"a.b\n.c"'])(
    'finds the token in %j',
    (pasted) => expect(tokenIn(pasted)).toBe('a.b.c'),
  )
  it('reads who, what for and until when, also in other alphabets', () => {
    expect(claimsOf(jwt({ sub: 'ålice 💡', scope: 'admin tokens:read', exp: 1_800_000_000 }))).toEqual({
      sub: 'ålice 💡',
      scopes: ['admin', 'tokens:read'],
      expiresAt: 1_800_000_000_000,
    })
  })
  it.each(['', 'a.b', 'a.b.c', jwt({ exp: 1 }), 'not a token at all'])('takes %j for no JWT', (token) => {
    expect(claimsOf(token)).toBeNull()
  })
})

describe('what addresses may do', () => {
  it('choose among the services there are, and nothing else', () => {
    expect(arrivalOf('?connect=gmail&connection=7')).toEqual({
      kind: 'sent',
      service: 'gmail',
      connectionId: '7',
    })
    expect(arrivalOf('?connect=%3Cimg%3E')).toEqual({ kind: 'plain' })
    expect(arrivalOf('?authorization=1&status=granted')).toEqual({ kind: 'back', status: 'granted' })
  })
  it.each(['javascript:alert(1)', 'data:text/html,x', '/relative', undefined])('%s is no link', (url) => {
    expect(webAddress(url)).toBeNull()
  })
})
