import { describe, expect, it } from 'vitest'
import { consumer, done, ids, messages, only, operator, useCountingInbox } from '../testing/counting-inbox.ts'
import { revokedMessage } from '../testing/public-events.ts'
import { inboxStatus } from './inbox-status.ts'

const { inboxWith, clock, database } = useCountingInbox()

describe('the inbox', () => {
  it('applies a dense stream in order, whatever the order of the batch', async () => {
    const { inbox, applied } = inboxWith()
    expect(await inbox.receive(messages(3, 1, 2))).toEqual(done)
    expect(await applied()).toEqual(ids(1, 2, 3))
  })

  it('drops what it applied before, in the same batch and later', async () => {
    const { inbox, applied } = inboxWith()
    await inbox.receive(messages(1, 1, 2))
    expect(await inbox.receive(messages(1, 2, 2))).toEqual(done)
    expect(await applied()).toEqual(ids(1, 2))
  })

  it('holds what comes before its turn and releases it in order', async () => {
    const { inbox, applied } = inboxWith()
    await inbox.receive(messages(1))
    expect(await inbox.receive(messages(3, 5))).toEqual(done)
    expect(await applied()).toEqual(ids(1))
    await inbox.receive(messages(2, 6))
    expect(await applied()).toEqual(ids(1, 2, 3))
    await inbox.receive(messages(4))
    expect(await applied()).toEqual(ids(1, 2, 3, 4, 5, 6))
    expect(await inboxStatus({ database: database(), consumer, clock })).toMatchObject({ waiting: 0 })
  })

  it('moves over subjects nobody handles, so that versions stay dense', async () => {
    const { inbox, applied } = inboxWith()
    const other = { ...revokedMessage({ version: 2 }), subject: 'evergrant.token.of-tomorrow.v1' }
    await inbox.receive([...messages(1), other, ...messages(3)])
    expect(await applied()).toEqual(ids(1, 3))
  })

  it('keeps streams and sources apart', async () => {
    const { inbox, applied } = inboxWith()
    await inbox.receive([
      revokedMessage({ version: 1 }),
      revokedMessage({ version: 1, source: 'oauth-service' }),
      revokedMessage({ version: 1, streamId: 'grant-2' }),
    ])
    expect(await applied()).toHaveLength(3)
  })

  it('applies once when two replicas receive overlapping batches at the same time', async () => {
    const stream = 'effects-overlap'
    const replicas = [inboxWith({ stream }), inboxWith({ stream }), inboxWith({ stream })]
    await Promise.all(replicas.map(({ inbox }) => inbox.receive(messages(1, 2, 3, 4))))
    await Promise.all(replicas.map(({ inbox }) => inbox.receive(messages(4, 5, 6))))
    expect(await replicas[0]?.applied()).toEqual(ids(1, 2, 3, 4, 5, 6))
  })

  it.each(['inbox-before-commit', 'inbox-after-commit'])('applies once when it dies at %s', async (point) => {
    const stream = `effects-${point}`
    let dies = true
    const crashPoint = (name: string) => {
      if (dies && name === point) throw new Error('killed')
    }
    const { inbox, applied } = inboxWith({ stream, crashPoint })
    expect(await inbox.receive(messages(1, 2))).toMatchObject({ status: 'again' })
    dies = false
    expect(await inbox.receive(messages(1, 2))).toEqual(done)
    expect(await applied()).toEqual(ids(1, 2))
  })
})

describe('a message nobody can place', () => {
  it.each([
    ['without a ce-id', { 'ce-id': '' }],
    ['without a source', { 'ce-source': '' }],
    ['of ours without a number', { 'ce-id': 'grant-1' }],
    ['with an id no index can hold', { 'ce-id': `${'x'.repeat(4000)}@1` }],
    ['with a NUL in its headers', { 'ce-id': 'a\0b@1', other: '\0' }],
  ])('%s is parked once and holds up nobody', async (_what, headers) => {
    const { inbox, applied } = inboxWith()
    const message = revokedMessage({ version: 1 })
    const malformed = { ...message, headers: { ...message.headers, ...headers } }
    expect(await inbox.receive([malformed, ...messages(1)])).toEqual(done)
    expect(await inbox.receive([malformed])).toEqual(done)
    expect(await applied()).toEqual(ids(1))
    const parked = await inbox.parked.list({ limit: 10 })
    expect(parked).toHaveLength(1)
    expect(parked[0]).toMatchObject({ stream: null, subject: message.subject })
    const { id } = await only(inbox)
    await expect(inbox.parked.retry(id, operator)).rejects.toMatchObject({
      code: 'parked_event_without_identity',
    })
    await inbox.parked.skip(id, { reason: 'junk', metadata: operator })
    expect(await inbox.parked.list({ limit: 10 })).toEqual([])
  })

  it('of a third party without a number is a stream of one, applied once', async () => {
    const { inbox, applied } = inboxWith()
    const message = revokedMessage({ version: 1, source: 'a-cron-job' })
    const foreign = { ...message, headers: { ...message.headers, 'ce-id': 'b7a0e1' } }
    await inbox.receive([foreign, foreign])
    await inbox.receive([foreign])
    expect(await applied()).toEqual(['b7a0e1@1'])
  })
})
