import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DomainError } from '@evergrant/decider'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { open, seal } from './aes-gcm.ts'
import { loadKeyRing } from './key-ring.ts'

const bytes = fc.uint8Array({ minLength: 0, maxLength: 300 }).map((array) => Buffer.from(array))
const unreadable = expect.objectContaining({ code: 'tokens_not_readable' })

describe('sealing', () => {
  const key = randomBytes(32)

  it('gives back what was sealed, in its context', () => {
    fc.assert(
      fc.property(bytes, fc.string(), (secret, context) => {
        expect(open(key, seal(key, secret, context), context)).toEqual(secret)
      }),
    )
  })

  it('fails on any changed bit, any cut and any other context', () => {
    fc.assert(
      fc.property(bytes, fc.nat(), fc.integer({ min: 1, max: 255 }), (secret, position, flip) => {
        const sealed = Buffer.from(seal(key, secret, 'context'), 'base64url')
        const index = position % sealed.length
        const changed = Buffer.from(sealed)
        changed[index] = (changed[index] ?? 0) ^ flip
        expect(() => open(key, changed.toString('base64url'), 'context')).toThrow(unreadable)
        const cut = sealed.subarray(0, index)
        expect(() => open(key, cut.toString('base64url'), 'context')).toThrow(unreadable)
        expect(() => open(key, sealed.toString('base64url'), 'another')).toThrow(unreadable)
      }),
    )
  })

  it('never seals the same twice', () => {
    expect(seal(key, Buffer.from('x'), 'c')).not.toBe(seal(key, Buffer.from('x'), 'c'))
  })
})

describe('the key ring', () => {
  let folder: string
  const keys = { k1: randomBytes(32).toString('base64url'), k2: randomBytes(32).toString('base64url') }
  const file = (name: string) => join(folder, name)
  const ringOf = async (name: string, content: unknown) => {
    await writeFile(file(name), typeof content === 'string' ? content : JSON.stringify(content))
    return loadKeyRing(file(name))
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'key-ring-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('opens with an old key after a new one became current', async () => {
    const dataKey = randomBytes(32)
    const before = await ringOf('one.json', { current: 'k1', keys: { k1: keys.k1 } })
    const wrapped = await before.wrap(dataKey, 'alice')
    const after = await ringOf('two.json', { current: 'k2', keys })
    expect(await after.unwrap(wrapped, 'alice')).toEqual(dataKey)
    expect((await after.wrap(dataKey, 'alice')).keyId).toBe('k2')
  })

  it('refuses another context, another key id and a key it does not have', async () => {
    const ring = await ringOf('three.json', { current: 'k1', keys })
    const wrapped = await ring.wrap(randomBytes(32), 'alice')
    await expect(ring.unwrap(wrapped, 'bob')).rejects.toThrow(unreadable)
    await expect(ring.unwrap({ ...wrapped, keyId: 'k2' }, 'alice')).rejects.toThrow(unreadable)
    await expect(ring.unwrap({ ...wrapped, keyId: 'k9' }, 'alice')).rejects.toThrow(unreadable)
  })

  it.each([
    ['is not JSON', `{"current":"k1","keys":{"k1":"${keys.k1}"`],
    ['lacks its current key', { current: 'k3', keys }],
    ['has a key of the wrong length', { current: 'k1', keys: { k1: 'c2hvcnQ' } }],
  ])('refuses a file that %s, shows no key and leaves it alone', async (name, content) => {
    const refused = await ringOf(`${name}.json`, content).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'key_ring_unreadable' })
    expect(refused).toBeInstanceOf(DomainError)
    if (refused instanceof DomainError) {
      expect(JSON.stringify([refused.message, refused.context, String(refused.cause)])).not.toContain(keys.k1)
    }
    const written = typeof content === 'string' ? content : JSON.stringify(content)
    expect(await readFile(file(`${name}.json`), 'utf8')).toBe(written)
  })

  it('makes a new key current for every process that shares the file, and keeps the old one', async () => {
    const dataKey = randomBytes(32)
    const one = await ringOf('shared.json', { current: 'k1', keys: { k1: keys.k1 } })
    const other = await loadKeyRing(file('shared.json'))
    const old = await one.wrap(dataKey, 'alice')
    const keyId = await one.addKey()
    const fresh = await one.wrap(dataKey, 'alice')
    expect(fresh.keyId).toBe(keyId)
    expect(await other.unwrap(fresh, 'alice')).toEqual(dataKey)
    expect(await other.unwrap(old, 'alice')).toEqual(dataKey)
    expect((await other.wrap(dataKey, 'alice')).keyId).toBe(keyId)
  })

  it('takes a key out of use without destroying it, and never the current one', async () => {
    const ring = await ringOf('retire.json', { current: 'k2', keys })
    const wrapped = await (await ringOf('before.json', { current: 'k1', keys })).wrap(
      randomBytes(32),
      'alice',
    )
    await expect(ring.retire('k2')).rejects.toMatchObject({ code: 'vault_key_in_use' })
    await expect(ring.retire('k9')).rejects.toMatchObject({ code: 'vault_key_not_found' })
    await ring.retire('k1')
    await expect(ring.unwrap(wrapped, 'alice')).rejects.toThrow(unreadable)
    expect(JSON.parse(await readFile(file('retire.json'), 'utf8'))).toMatchObject({
      keys: { k2: keys.k2 },
      retired: { k1: keys.k1 },
    })
  })

  it('goes on with the keys it has when the file is damaged while it runs, and does not write to it', async () => {
    const dataKey = randomBytes(32)
    const ring = await ringOf('damaged.json', { current: 'k1', keys: { k1: keys.k1 } })
    await writeFile(file('damaged.json'), '{"current":')
    expect(await ring.unwrap(await ring.wrap(dataKey, 'alice'), 'alice')).toEqual(dataKey)
    await expect(ring.addKey()).rejects.toMatchObject({ code: 'key_ring_unreadable' })
    expect(await readFile(file('damaged.json'), 'utf8')).toBe('{"current":')
  })

  it('refuses a file that is not there', async () => {
    await expect(loadKeyRing(file('nowhere.json'))).rejects.toMatchObject({ code: 'key_ring_unreadable' })
  })
})
