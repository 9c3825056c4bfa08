import { describe, expect, it } from 'vitest'
import { createBrowserCookie } from './browser-cookie.ts'

const secret = (letter: string) => letter.repeat(43)
const https = createBrowserCookie({ secure: true })
const http = createBrowserCookie({ secure: false })
const pairOf = (setCookie: string) => setCookie.split(';')[0] ?? ''

describe('the cookie that binds a browser', () => {
  it('is locked to the host over https', () => {
    expect(https.add(secret('a'), undefined)).toBe(
      `__Host-evergrant-authorization=${secret('a')}; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax; Secure`,
    )
  })
  it('has a plain name over loopback http, where browsers refuse the prefix', () => {
    expect(http.add(secret('a'), undefined)).toBe(
      `evergrant-authorization=${secret('a')}; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax`,
    )
  })
  it('keeps a few links apart, newest first', () => {
    let header: string | undefined
    for (const letter of 'abcde') header = pairOf(https.add(secret(letter), header))
    expect(https.read(`other=1; ${header}; more=2`)).toEqual([...'edcb'].map(secret))
  })
  it('reads nothing out of anything else', () => {
    expect(https.read(undefined)).toEqual([])
    expect(https.read(`evergrant-authorization=${secret('a')}`)).toEqual([])
    expect(https.read('__Host-evergrant-authorization=..;;=;x')).toEqual([])
    expect(https.read(`__Host-evergrant-authorization=${secret('a')}x`)).toEqual([])
  })
})
