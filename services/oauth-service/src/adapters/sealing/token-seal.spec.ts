import { compactDecrypt, decodeProtectedHeader, exportJWK, generateKeyPair } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import type { TokenSeal } from '../../application/ports.ts'
import { createTokenSeal } from './token-seal.ts'

const context = { authorizationId: 'auth-1', grantId: 'grant-1', issuer: 'https://accounts.google.com' }
const receivedAt = new Date('2026-11-23T10:00:00.000Z')
const tokens = {
  accessToken: 'access-token-in-the-clear',
  refreshToken: 'refresh-token-in-the-clear',
  tokenType: 'bearer',
  refreshTokenExpiresAt: null,
  expiresAt: new Date('2026-11-23T11:00:00.000Z'),
  receivedAt,
}

let privateKey: Awaited<ReturnType<typeof generateKeyPair>>['privateKey']
let publicKey: string
let seal: TokenSeal

beforeAll(async () => {
  const pair = await generateKeyPair('ECDH-ES+A256KW', { crv: 'P-256', extractable: true })
  privateKey = pair.privateKey
  publicKey = JSON.stringify({ ...(await exportJWK(pair.publicKey)), kid: 'seal-1' })
  seal = await createTokenSeal({ publicKey, clientId: 'client-1' })
})

describe('the token seal', () => {
  it('opens with the private key and holds what token-service needs', async () => {
    const { plaintext } = await compactDecrypt(await seal.seal(tokens, context), privateKey)
    expect(JSON.parse(new TextDecoder().decode(plaintext))).toEqual({
      accessToken: tokens.accessToken,
      refreshToken: tokens.refreshToken,
      tokenType: 'bearer',
      issuer: context.issuer,
      clientId: 'client-1',
      receivedAt: receivedAt.toISOString(),
    })
  })
  it('names its authorization and grant where they cannot be changed', async () => {
    const sealed = await seal.seal(tokens, context)
    expect(decodeProtectedHeader(sealed)).toMatchObject({
      alg: 'ECDH-ES+A256KW',
      enc: 'A256GCM',
      kid: 'seal-1',
      evg: { authorizationId: 'auth-1', grantId: 'grant-1' },
    })
    const other = await seal.seal(tokens, { ...context, grantId: 'grant-2' })
    const swapped = [other.split('.')[0], ...sealed.split('.').slice(1)].join('.')
    await expect(compactDecrypt(swapped, privateKey)).rejects.toThrow()
  })
  it('is not made with a private or foreign key', async () => {
    const pair = await generateKeyPair('ECDH-ES+A256KW', { crv: 'P-256', extractable: true })
    const secret = JSON.stringify(await exportJWK(pair.privateKey))
    for (const key of [secret, '{}', 'not json', '{"kty":"oct","k":"AA"}', 'null']) {
      await expect(createTokenSeal({ publicKey: key, clientId: 'c' })).rejects.toMatchObject({
        code: 'sealing_key_invalid',
      })
    }
  })
})
