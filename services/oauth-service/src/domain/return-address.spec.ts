import { describe, expect, it } from 'vitest'
import { checkReturnTo, returnAddress } from './return-address.ts'

const origins = ['https://app.example', 'http://127.0.0.1:3000']

describe('where a browser may be sent back to', () => {
  it.each(['https://app.example/settings?tab=google', 'https://app.example', 'http://127.0.0.1:3000/#/x'])(
    'accepts %s at a registered origin',
    (url) => {
      expect(checkReturnTo(url, origins)).toBe(new URL(url).href)
    },
  )
  it.each([
    'https://evil.example/',
    'https://app.example.evil.example/',
    'https://app.example@evil.example/',
    'https://user:secret@app.example/',
    'http://app.example/',
    'https://app.example:8443/',
    '//app.example/',
    '/settings',
    'javascript:alert(1)//https://app.example',
    'data:text/html,x',
    '',
    `https://app.example/${'a'.repeat(2048)}`,
  ])('refuses %s', (url) => {
    expect(() => checkReturnTo(url, origins)).toThrow(
      expect.objectContaining({ code: 'return_to_not_registered' }),
    )
  })
  it('keeps the query of the application and adds what became of the authorization', () => {
    expect(
      returnAddress('https://app.example/s?tab=google&status=old&reason=old#x', {
        id: 'id-1',
        status: 'granted',
      }),
    ).toBe('https://app.example/s?tab=google&status=granted&authorization=id-1#x')
  })
})
