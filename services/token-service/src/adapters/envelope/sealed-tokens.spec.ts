import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CompactEncrypt, exportJWK, generateKeyPair } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadSealedTokens, type OpenSealedTokens } from './sealed-tokens.ts'

const subject = { authorizationId: 'authorization-1', grantId: 'grant-1' }
const tokens = { accessToken: 'ya29.secret', refreshToken: '1//secret' }
const rejected = { code: 'sealed_tokens_rejected' }

describe('opening sealed tokens', () => {
  let folder: string
  let open: OpenSealedTokens
  let seal: (content: unknown, evg: unknown, to?: 'us' | 'others') => Promise<string>

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sealed-'))
    const options = { crv: 'P-256', extractable: true }
    const us = await generateKeyPair('ECDH-ES+A256KW', options)
    const others = await generateKeyPair('ECDH-ES+A256KW', options)
    await writeFile(join(folder, 'key.json'), JSON.stringify(await exportJWK(us.privateKey)))
    open = (await loadSealedTokens(join(folder, 'key.json'))).open
    seal = (content, evg, to = 'us') =>
      new CompactEncrypt(new TextEncoder().encode(JSON.stringify(content)))
        .setProtectedHeader({ alg: 'ECDH-ES+A256KW', enc: 'A256GCM', evg } as never)
        .encrypt((to === 'us' ? us : others).publicKey)
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('gives the tokens of the authorization they were sealed for', async () => {
    expect(await open(await seal(tokens, subject), subject)).toEqual(tokens)
    const without = { accessToken: 'ya29.secret', refreshToken: null }
    expect(await open(await seal(without, subject), subject)).toEqual(without)
  })

  it('refuses an envelope that was moved to another grant or authorization', async () => {
    const sealed = await seal(tokens, subject)
    await expect(open(sealed, { ...subject, grantId: 'grant-2' })).rejects.toMatchObject(rejected)
    await expect(open(sealed, { ...subject, authorizationId: 'authorization-2' })).rejects.toMatchObject(
      rejected,
    )
    await expect(open(await seal(tokens, undefined), subject)).rejects.toMatchObject(rejected)
  })

  it('refuses what was sealed to somebody else, changed, or is no token set, and quotes nothing', async () => {
    const sealed = await seal(tokens, subject)
    const changed = `${sealed.slice(0, -6)}AAAAAA`
    const foreign = await seal(tokens, subject, 'others')
    for (const envelope of [changed, foreign, 'a.b.c.d.e', await seal({ accessToken: 7 }, subject)]) {
      const error = await open(envelope, subject).catch((refused: unknown) => refused)
      expect(error).toMatchObject(rejected)
      expect(JSON.stringify(error)).not.toContain('secret')
    }
  })

  it('refuses a damaged key file at start', async () => {
    await writeFile(join(folder, 'broken.json'), '{"kty":"EC"}')
    for (const name of ['broken.json', 'missing.json']) {
      await expect(loadSealedTokens(join(folder, name))).rejects.toMatchObject({
        code: 'sealing_key_unreadable',
      })
    }
  })
})
