import { describe, expect, it } from 'vitest'
import { covers, offersAtomicBatches, streamConfig, unmetSettings } from './streams.ts'

describe('a stream declaration', () => {
  it('asks for everything that no event may be lost without', () => {
    expect(streamConfig({ name: 'TOKEN', subjects: ['evergrant.token.*.v1'] }, true)).toEqual({
      name: 'TOKEN',
      subjects: ['evergrant.token.*.v1'],
      storage: 'file',
      retention: 'limits',
      discard: 'new',
      num_replicas: 1,
      max_age: 14 * 24 * 3_600 * 1e9,
      duplicate_window: 120 * 1e9,
      deny_delete: true,
      deny_purge: true,
      allow_atomic: true,
    })
  })

  it('names the guarantees a server left out', () => {
    const wanted = streamConfig({ name: 'TOKEN', subjects: ['a.>'] }, true)
    const { allow_atomic: _, ...echoed } = { ...wanted, discard: 'old', max_msgs: -1 }
    expect(unmetSettings(wanted, echoed)).toEqual(['discard', 'allow_atomic'])
    expect(unmetSettings(wanted, { ...wanted, max_msgs: -1 })).toEqual([])
  })
})

describe('atomic batches', () => {
  it('are used from the version on that rejects duplicates inside them', () => {
    const offered = ['2.12.1', '2.12.15', '2.15.1', '2.14.0-preview.1', '3.0.0']
    const missing = ['2.12.0', '2.11.9', '2.9.10', '1.13.2', 'main', '', undefined]
    expect(offered.filter(offersAtomicBatches)).toEqual(offered)
    expect(missing.filter(offersAtomicBatches)).toEqual([])
  })
})

describe('subject patterns', () => {
  it('cover what NATS says they cover', () => {
    expect(covers('evergrant.token.*.v1', 'evergrant.token.token-refreshed.v1')).toBe(true)
    expect(covers('evergrant.>', 'evergrant.token.token-refreshed.v1')).toBe(true)
    expect(covers('evergrant.token.*.v1', 'evergrant.token.v1')).toBe(false)
    expect(covers('evergrant.token.*.v1', 'evergrant.token.access-token.get')).toBe(false)
    expect(covers('evergrant.>', 'evergrant')).toBe(false)
    expect(covers('a.b', 'a.b.c')).toBe(false)
  })
})
