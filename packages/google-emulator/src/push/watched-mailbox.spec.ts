import { createRemoteJWKSet, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { alice, refusal, usePushReceiver } from '../testing/use-push-receiver.ts'

const push = usePushReceiver()
const topicName = 'projects/evergrant/topics/gmail'

describe('a watched mailbox', () => {
  const requestBody = { topicName }

  it('publishes its address and newest history id, in a message signed for the audience', async () => {
    push.google.subscribe({ topic: topicName, url: push.address, audience: 'https://evergrant.example' })
    const { data } = await push.gmail().users.watch({ userId: 'me', requestBody })
    expect(Number(data.expiration)).toBe(push.google.state().mailboxes[0]?.watch?.expiration)
    push.google.addMessage(alice, { id: 'a' })
    const [pushed] = await push.told()
    const { message, subscription } = JSON.parse(pushed?.body ?? '{}')
    const { historyId } = push.google.state().mailboxes[0] ?? {}
    const content: unknown = JSON.parse(Buffer.from(message.data, 'base64').toString())
    expect(content).toEqual({ emailAddress: alice, historyId })
    expect(subscription).toBe('projects/evergrant/subscriptions/gmail')
    const keys = createRemoteJWKSet(new URL(`${push.google.url}/oauth2/v3/certs`))
    const token = pushed?.headers.authorization?.slice('Bearer '.length) ?? ''
    const verified = jwtVerify(token, keys, {
      issuer: push.google.url,
      audience: 'https://evergrant.example',
    })
    await expect(verified).resolves.toMatchObject({ payload: { email_verified: true } })
  })

  it('says at most one thing a second, and the rest is lost', async () => {
    push.google.freezeClock()
    push.google.subscribe({ topic: topicName, url: push.address })
    await push.gmail().users.watch({ userId: 'me', requestBody })
    for (const seconds of [0, 0.5, 0.5]) {
      push.google.advanceClock(seconds)
      push.google.addMessage(alice, {})
      await push.told()
    }
    expect(push.google.deliveries().map(({ outcome }) => outcome)).toEqual([204, 'dropped', 204])
  })

  it('is silent after stop and after seven days', async () => {
    push.google.subscribe({ topic: topicName, url: push.address })
    await push.gmail().users.watch({ userId: 'me', requestBody })
    await push.gmail().users.stop({ userId: 'me' })
    push.google.addMessage(alice, {})
    await push.gmail().users.watch({ userId: 'me', requestBody })
    push.google.advanceClock(8 * 24 * 3600)
    push.google.addMessage(alice, {})
    expect(await push.told()).toEqual([])
    expect(push.google.state().mailboxes[0]?.watch).toBeNull()
  })

  it('is not watched without a topic', async () => {
    const watch = push.gmail().users.watch({ userId: 'me', requestBody: { topicName: 'gmail' } })
    await expect(watch).rejects.toMatchObject(refusal(400, 'invalidArgument'))
  })
})
