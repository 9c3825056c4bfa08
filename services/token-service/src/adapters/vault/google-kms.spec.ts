import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { crc32c } from './crc32c.ts'
import { createGoogleKms } from './google-kms.ts'
import type { KeyEncryption } from './key-encryption.ts'
import { kmsAfterRing } from './open-key-encryption.ts'

const key = 'projects/p/locations/europe/keyRings/r/cryptoKeys/vault'

describe('Cloud KMS', () => {
  const versions = new Map<string, Buffer>()
  let primary: string
  let server: Server
  let apiUrl: string
  let kms: KeyEncryption
  let answers: 'well' | '503' | 'damaged'
  let elapsed = 0

  const addVersion = () => {
    primary = `${key}/cryptoKeyVersions/${versions.size + 1}`
    versions.set(primary, randomBytes(32))
  }
  const answer = (path: string, body: Record<string, string>): unknown => {
    if (path === key) return { name: key, primary: { name: primary, state: 'ENABLED' } }
    const [name = '', verb] = path.split(':')
    const aad = Buffer.from(body.additionalAuthenticatedData ?? '', 'base64')
    if (verb === 'encrypt') {
      const plaintext = Buffer.from(body.plaintext ?? '', 'base64')
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', versions.get(name) ?? Buffer.alloc(0), nonce)
      cipher.setAAD(aad)
      const sealed = Buffer.concat([cipher.update(plaintext), cipher.final()])
      const envelope = [name, ...[nonce, sealed, cipher.getAuthTag()].map((part) => part.toString('base64'))]
      return {
        name,
        ciphertext: Buffer.from(JSON.stringify(envelope)).toString('base64'),
        verifiedPlaintextCrc32c: body.plaintextCrc32c === String(crc32c(plaintext)),
        verifiedAdditionalAuthenticatedDataCrc32c:
          body.additionalAuthenticatedDataCrc32c === String(crc32c(aad)),
      }
    }
    const [version = '', nonce = '', sealed = '', tag = ''] = JSON.parse(
      Buffer.from(body.ciphertext ?? '', 'base64').toString(),
    ) as string[]
    const decipher = createDecipheriv(
      'aes-256-gcm',
      versions.get(version) ?? Buffer.alloc(0),
      Buffer.from(nonce, 'base64'),
    )
    decipher.setAAD(aad)
    decipher.setAuthTag(Buffer.from(tag, 'base64'))
    const plaintext = Buffer.concat([decipher.update(Buffer.from(sealed, 'base64')), decipher.final()])
    return {
      plaintext: plaintext.toString('base64'),
      plaintextCrc32c: String(crc32c(plaintext) + (answers === 'damaged' ? 1 : 0)),
    }
  }

  beforeAll(async () => {
    server = createServer(async (request, response) => {
      let text = ''
      for await (const chunk of request) text += chunk
      const send = (status: number, body: unknown) => {
        response.writeHead(status, { 'content-type': 'application/json' })
        response.end(JSON.stringify(body))
      }
      if (answers === '503') return send(503, { error: { status: 'UNAVAILABLE' } })
      if (request.headers.authorization !== 'Bearer the-token') return send(401, {})
      try {
        send(200, answer((request.url ?? '').slice('/v1/'.length), text === '' ? {} : JSON.parse(text)))
      } catch {
        send(400, { error: { status: 'INVALID_ARGUMENT' } })
      }
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => server.close())
  beforeEach(() => {
    versions.clear()
    addVersion()
    answers = 'well'
    elapsed = 0
    kms = createGoogleKms({ key, apiUrl, accessToken: async () => 'the-token', elapsedMs: () => elapsed })
  })

  it('opens what it wrapped, in its context only', async () => {
    const dataKey = randomBytes(32)
    const wrapped = await kms.wrap(dataKey, 'alice')
    expect(wrapped.keyId).toBe(`${key}/cryptoKeyVersions/1`)
    expect(await kms.unwrap(wrapped, 'alice')).toEqual(dataKey)
    await expect(kms.unwrap(wrapped, 'bob')).rejects.toMatchObject({ code: 'tokens_not_readable' })
  })

  it('wraps with a new primary version and still opens what older ones wrapped', async () => {
    const dataKey = randomBytes(32)
    const old = await kms.wrap(dataKey, 'alice')
    addVersion()
    elapsed += 10 * 60 * 1000
    expect((await kms.wrap(dataKey, 'alice')).keyId).toBe(`${key}/cryptoKeyVersions/2`)
    expect(await kms.unwrap(old, 'alice')).toEqual(dataKey)
  })

  it('says unavailable, never unreadable, while Google is away', async () => {
    const wrapped = await kms.wrap(randomBytes(32), 'alice')
    answers = '503'
    await expect(kms.unwrap(wrapped, 'alice')).rejects.toMatchObject({ code: 'vault_keys_unavailable' })
    await expect(kms.wrap(randomBytes(32), 'alice')).rejects.toMatchObject({ code: 'vault_keys_unavailable' })
  })

  it('refuses an answer that was damaged on the way', async () => {
    const wrapped = await kms.wrap(randomBytes(32), 'alice')
    answers = 'damaged'
    await expect(kms.unwrap(wrapped, 'alice')).rejects.toMatchObject({ code: 'vault_keys_unavailable' })
  })

  it('takes over from a key ring: the ring opens its own, the KMS wraps', async () => {
    const dataKey = randomBytes(32)
    const ring = { ...kms, keyIds: async () => ['k1'], unwrap: async () => dataKey }
    const both = kmsAfterRing(kms, ring)
    expect(await both.unwrap({ keyId: 'k1', wrapped: 'x' }, 'alice')).toEqual(dataKey)
    const wrapped = await both.wrap(dataKey, 'alice')
    expect(wrapped.keyId).toContain(key)
    expect(await both.unwrap(wrapped, 'alice')).toEqual(dataKey)
    await expect(both.unwrap({ ...wrapped, keyId: 'projects/other/x' }, 'alice')).rejects.toMatchObject({
      code: 'tokens_not_readable',
    })
  })

  it('knows CRC32C by its published check value', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
  })
})
