import { contracts, decodeEvent, droppedContracts } from '@evergrant/event-contracts'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createInbox } from '../inbox/postgres-inbox.ts'
import { operator } from '../testing/counting-inbox.ts'
import { createPublishDouble } from '../testing/publish-double.ts'
import { append, useRelays, versionsOf } from '../testing/use-relays.ts'
import { createParkedMessages } from './parked-messages.ts'

const relays = useRelays()
const patience = { timeout: 15_000 }

describe('what cannot be published', () => {
  const released: string[] = []
  afterEach(() => {
    released.length = 0
  })

  const parkedMessages = () =>
    createParkedMessages({
      database: relays.database(),
      store: relays.store(),
      source: 'token-service',
      eventDropped: droppedContracts.token,
      onReleased: () => released.push('woken'),
    })
  const decisions = async () => (await relays.store().readStream('outbox-token-service')).facts.slice(-1)

  /** Three publications of a stream, the second of which the bus never takes. */
  const parkSecondOf = async (streamId: string) => {
    const bus = createPublishDouble()
    const parked = parkedMessages()
    bus.refuse = (message) =>
      message.streamId === streamId &&
      message.subject === contracts.grantRevoked.subject &&
      message.version === 2
        ? { status: 'park', reason: 'message_too_large: larger than the bus takes' }
        : undefined
    await append(relays.store(), streamId, 3)
    relays.started(bus)
    const found = async () =>
      (await parked.list({ limit: 100 })).find((message) => message.streamId === streamId)
    const message = await vi.waitFor(async () => {
      const row = await found()
      if (!row) throw new Error('nothing is parked yet')
      return row
    }, patience)
    return { bus, parked, message }
  }

  it('is listed page by page with what waits behind it, and found by its id', async () => {
    const { parked, message } = await parkSecondOf('listed')
    expect(message).toMatchObject({
      source: 'token-service',
      streamId: 'listed',
      version: 2,
      subject: contracts.grantRevoked.subject,
      headers: { 'ce-type': contracts.grantRevoked.type },
      reason: 'message_too_large: larger than the bus takes',
      attempts: 1,
      waitingBehind: 1,
    })
    expect(await parked.find(message.id)).toEqual(message)
    expect(await parked.list({ limit: 1, after: message.id })).toEqual([])
    expect(await parked.standing(message.id)).toBe('parked')
  })

  it('goes out when it is tried again and its cause is gone, and what waited behind it follows', async () => {
    const { bus, parked, message } = await parkSecondOf('mended')
    bus.refuse = () => undefined
    await parked.retry(message.id, operator)
    expect(released).toEqual(['woken'])
    await expect.poll(() => versionsOf(bus, 'mended'), patience).toEqual([1, 2, 3])
    await expect.poll(() => parked.standing(message.id), patience).toBe('published')
    expect(await decisions()).toMatchObject([
      { type: 'ParkedMessageRetried', data: { streamId: 'mended', version: 2 }, metadata: operator },
    ])
    await expect(parked.retry(message.id, operator)).rejects.toMatchObject({
      code: 'parked_message_not_found',
    })
  })

  it('is parked again when its cause is still there', async () => {
    const { bus, parked, message } = await parkSecondOf('still')
    await parked.retry(message.id, operator)
    await expect.poll(() => parked.standing(message.id), patience).toBe('parked')
    expect(versionsOf(bus, 'still')).toEqual([1])
  })

  it('is dropped for good: a small event that says so takes its number, and the reason is on record', async () => {
    const { bus, parked, message } = await parkSecondOf('dropped')
    await parked.drop(message.id, { reason: 'a test account', metadata: operator })
    await expect.poll(() => versionsOf(bus, 'dropped'), patience).toEqual([1, 2, 3])
    const inPlace = bus.stored.find(({ streamId, version }) => streamId === 'dropped' && version === 2)
    expect(inPlace && decodeEvent(inPlace)).toMatchObject({
      contract: droppedContracts.token,
      attributes: {
        source: 'token-service',
        streamId: 'dropped',
        version: 2,
        time: message.headers['ce-time'],
      },
      data: { type: contracts.grantRevoked.type, reason: 'message_too_large' },
    })
    expect(await decisions()).toMatchObject([
      {
        type: 'ParkedMessageDropped',
        data: { why: 'a test account', version: 2, payloadDigest: expect.stringMatching(/^[0-9a-f]{64}$/) },
        metadata: operator,
      },
    ])
    await expect(parked.drop(message.id, { reason: 'again', metadata: operator })).rejects.toMatchObject({
      code: 'parked_message_not_found',
    })
  })

  it('leaves no hole behind when it is dropped: a consumer that never heard of such events applies what follows', async () => {
    const { bus, parked, message } = await parkSecondOf('dense')
    await parked.drop(message.id, { reason: 'nobody needs it', metadata: operator })
    await expect.poll(() => versionsOf(bus, 'dense'), patience).toEqual([1, 2, 3])
    const applied: number[] = []
    const inbox = createInbox({
      store: relays.store(),
      database: relays.database(),
      consumer: 'calendar-service',
      handlers: {
        [contracts.grantRevoked.subject]: async ({ attributes }) => void applied.push(attributes.version),
      },
      clock: { now: () => new Date() },
      onError: (error) => {
        throw error
      },
    })
    await inbox.receive(bus.stored.filter(({ streamId }) => streamId === 'dense'))
    expect(applied).toEqual([1, 3])
  })

  it('is decided about once, by whoever is first', async () => {
    const { parked, message } = await parkSecondOf('contested')
    const decided = await Promise.allSettled([
      parked.drop(message.id, { reason: 'one', metadata: operator }),
      parked.drop(message.id, { reason: 'other', metadata: operator }),
    ])
    expect(decided.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  it.each(['999999', 'nonsense'])('is not there under the id %s', async (id) => {
    await expect(parkedMessages().find(id)).rejects.toMatchObject({ code: 'parked_message_not_found' })
    await expect(parkedMessages().retry(id, operator)).rejects.toMatchObject({
      code: 'parked_message_not_found',
    })
  })
})
