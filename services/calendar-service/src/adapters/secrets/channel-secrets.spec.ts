import { expect, it } from 'vitest'
import { channelSecrets } from './channel-secrets.ts'

it('knows a secret by its hash alone, and no two are alike', () => {
  const [one, other] = [channelSecrets.next(), channelSecrets.next()]
  expect(one.secret).not.toBe(other.secret)
  expect(one.secretHash).not.toContain(one.secret)
  expect(channelSecrets.matches(one.secret, one.secretHash)).toBe(true)
  for (const guess of [other.secret, '', `${one.secret} `, one.secretHash]) {
    expect(channelSecrets.matches(guess, one.secretHash)).toBe(false)
  }
})
