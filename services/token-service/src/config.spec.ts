import { describe, expect, it } from 'vitest'
import { readTokenConfig } from './config.ts'

const complete = {
  DATABASE_URL: 'postgres://token_service@127.0.0.1:5432/token',
  NATS_URL: 'nats://127.0.0.1:4222',
  AUTH_ISSUER: 'http://127.0.0.1:9000',
  AUTH_AUDIENCE: 'evergrant',
  AUTH_JWKS_URI: 'http://127.0.0.1:9000/jwks',
  PUBLIC_URL: 'http://127.0.0.1:8080',
  TOKEN_SEALING_PRIVATE_KEY_FILE: 'sealing.json',
  VAULT_KEY_RING_FILE: 'ring.json',
}

describe('configuration', () => {
  it('starts with Google itself unless another is named', () => {
    expect(readTokenConfig(complete).GOOGLE_ISSUER).toBe('https://accounts.google.com')
  })

  it('takes plain http for a Google on this machine and for no other', () => {
    expect(readTokenConfig({ ...complete, GOOGLE_ISSUER: 'http://127.0.0.1:7000' }).GOOGLE_ISSUER).toBe(
      'http://127.0.0.1:7000',
    )
    for (const GOOGLE_ISSUER of ['http://google.example.com', 'http://127.0.0.1.example.com']) {
      expect(() => readTokenConfig({ ...complete, GOOGLE_ISSUER })).toThrow(/GOOGLE_ISSUER/)
    }
  })

  it('names everything that is missing at once', () => {
    expect(() => readTokenConfig({})).toThrow(/DATABASE_URL.*TOKEN_SEALING_PRIVATE_KEY_FILE/)
  })

  it('refuses to run without any key for the vault, or with a journal it could not find again', () => {
    expect(() => readTokenConfig({ ...complete, VAULT_KEY_RING_FILE: undefined })).toThrow(/VAULT_KMS_KEY/)
    expect(() => readTokenConfig({ ...complete, VEND_JOURNAL_DIR: 'journal' })).toThrow(/INSTANCE_ID/)
  })
})
