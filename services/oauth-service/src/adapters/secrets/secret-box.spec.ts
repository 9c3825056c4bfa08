import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createOneTimeSecrets } from './one-time-secrets.ts'
import { createSecretBox } from './secret-box.ts'

const box = createSecretBox(randomBytes(32))
const place = { authorizationId: '01937e1c-6c55-7000-8000-000000000001', field: 'verifier' } as const
const unreadable = expect.objectContaining({ code: 'secrets_unreadable' })

describe('the secret box', () => {
  it('gives back what was sealed, in its place', () => {
    expect(box.open(box.seal('a verifier', place), place)).toBe('a verifier')
  })
  it('never seals the same secret to the same text', () => {
    expect(box.seal('a verifier', place)).not.toBe(box.seal('a verifier', place))
  })
  it('refuses a ciphertext that was moved to another authorization or field', () => {
    const sealed = box.seal('a verifier', place)
    const other = { ...place, authorizationId: '01937e1c-6c55-7000-8000-000000000002' }
    expect(() => box.open(sealed, other)).toThrow(unreadable)
    expect(() => box.open(sealed, { ...place, field: 'nonce' })).toThrow(unreadable)
  })
  it('refuses every changed or missing byte', () => {
    const sealed = Buffer.from(box.seal('a verifier', place), 'base64url')
    for (let index = 0; index < sealed.length; index++) {
      const changed = Buffer.from(sealed)
      changed[index] = (changed[index] ?? 0) ^ 1
      expect(() => box.open(changed.toString('base64url'), place)).toThrow(unreadable)
      expect(() => box.open(sealed.subarray(0, index).toString('base64url'), place)).toThrow(unreadable)
    }
  })
  it('refuses what another key sealed', () => {
    const other = createSecretBox(randomBytes(32))
    expect(() => box.open(other.seal('a verifier', place), place)).toThrow(unreadable)
  })
})

describe('one-time secrets', () => {
  const secrets = createOneTimeSecrets(randomBytes(32))

  it('are 256 random bits in a form that PKCE accepts as verifier', () => {
    const many = Array.from({ length: 100 }, () => secrets.create())
    expect(new Set(many).size).toBe(100)
    for (const secret of many) expect(secret).toMatch(/^[\w-]{43}$/)
  })
  it('derive one ticket per authorization and key', () => {
    expect(secrets.ticketOf('a')).toBe(secrets.ticketOf('a'))
    expect(secrets.ticketOf('a')).not.toBe(secrets.ticketOf('b'))
    expect(createOneTimeSecrets(randomBytes(32)).ticketOf('a')).not.toBe(secrets.ticketOf('a'))
  })
})
