import { describe, expect, it } from 'vitest'
import { readOauthConfig } from './config.ts'

const enough = {
  DATABASE_URL: 'postgres://oauth@127.0.0.1/oauth',
  NATS_URL: 'nats://127.0.0.1:4222',
  AUTH_ISSUER: 'https://id.example',
  AUTH_AUDIENCE: 'evergrant',
  AUTH_JWKS_URI: 'https://id.example/jwks',
  PUBLIC_URL: 'https://app.example/',
  TOKEN_SEALING_PUBLIC_KEY: '{}',
  SECRETS_KEY_FILE: 'secrets.key',
}
const complaint = (env: Record<string, string>) => {
  try {
    readOauthConfig({ ...enough, ...env })
  } catch (error) {
    return String(error)
  }
  return undefined
}

describe('the configuration', () => {
  it('needs no Google client and no origins, and means the real Google', () => {
    expect(readOauthConfig(enough)).toMatchObject({
      PUBLIC_URL: 'https://app.example',
      GOOGLE_ISSUER: 'https://accounts.google.com',
      RETURN_TO_ORIGINS: [],
    })
    expect(readOauthConfig(enough).GOOGLE_CLIENT_ID).toBeUndefined()
  })
  it('reads a list of origins', () => {
    const { RETURN_TO_ORIGINS } = readOauthConfig({
      ...enough,
      RETURN_TO_ORIGINS: 'https://a.example, http://127.0.0.1:3000/',
    })
    expect(RETURN_TO_ORIGINS).toEqual(['https://a.example', 'http://127.0.0.1:3000'])
  })
  it.each([
    ['GOOGLE_ISSUER', 'http://accounts.example'],
    ['PUBLIC_URL', 'http://evergrant.example'],
    ['PUBLIC_URL', 'evergrant'],
    ['GOOGLE_ISSUER', 'ftp://accounts.example'],
    ['RETURN_TO_ORIGINS', 'https://a.example/path'],
    ['RETURN_TO_ORIGINS', 'a.example'],
    ['RETURN_TO_ORIGINS', '*'],
  ])('refuses %s=%s and names the variable', (name, value) => {
    expect(complaint({ [name]: value })).toContain(name)
  })
  it.each(['http://127.0.0.1:9000', 'http://localhost:9000', 'http://[::1]:9000'])(
    'accepts an issuer on loopback: %s',
    (url) => {
      expect(complaint({ GOOGLE_ISSUER: url, PUBLIC_URL: url })).toBeUndefined()
    },
  )
})
