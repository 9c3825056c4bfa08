import { DomainError } from '@evergrant/decider'
import { describe, expect, it } from 'vitest'
import {
  broken,
  consumer,
  ids,
  messages,
  only,
  operator,
  useCountingInbox,
} from '../testing/counting-inbox.ts'
import { revokedMessage } from '../testing/public-events.ts'

const { inboxWith, store, later } = useCountingInbox()

describe('an operator', () => {
  const parkOne = async () => {
    let fails = true
    const all = inboxWith({
      before: async ({ attributes }) => {
        if (fails && attributes.version === 1) throw new DomainError('rejected', 'bad_input', 'No.')
      },
    })
    await all.inbox.receive(messages(1, 2))
    for (const wait of [1000, 5000]) {
      later(wait)
      await all.inbox.sweep()
    }
    return {
      ...all,
      id: (await only(all.inbox)).id,
      repairs: () => {
        fails = false
      },
    }
  }
  const decisions = async () => (await store().readStream(`inbox-${consumer}`)).facts.slice(-1)

  it('retries: what waited behind it follows', async () => {
    const { inbox, applied, id, repairs } = await parkOne()
    expect(await inbox.parked.retry(id, operator)).toEqual({ applied: false })
    repairs()
    expect(await inbox.parked.retry(id, operator)).toEqual({ applied: true })
    expect(await applied()).toEqual(ids(1, 2))
    expect(await decisions()).toMatchObject([
      {
        type: 'ParkedEventRetried',
        data: { streamId: 'grant-1', version: 1, applied: true },
        metadata: operator,
      },
    ])
    await expect(inbox.parked.retry(id, operator)).rejects.toMatchObject({ code: 'parked_event_not_found' })
  })

  it('skips: the stream goes on without it, and the reason is on record', async () => {
    const { inbox, applied, id } = await parkOne()
    await inbox.parked.skip(id, { reason: 'a test account', metadata: operator })
    expect(await applied()).toEqual(ids(2))
    expect(await decisions()).toMatchObject([{ type: 'ParkedEventSkipped', data: { why: 'a test account' } }])
    await inbox.receive(messages(1))
    expect(await applied()).toEqual(ids(2))
  })

  it('replaces: other data is applied in its place, and only its digest is on record', async () => {
    const { inbox, applied } = inboxWith()
    const good = revokedMessage({ version: 1 })
    await inbox.receive([broken(good), ...messages(2)])
    const { id } = await only(inbox)
    const decision = { payload: good.payload, reason: 'repaired by hand', metadata: operator }
    expect(await inbox.parked.replace(id, decision)).toEqual({ applied: true })
    expect(await applied()).toEqual(ids(1, 2))
    expect(await decisions()).toMatchObject([
      { type: 'ParkedEventReplaced', data: { payloadDigest: expect.stringMatching(/^[0-9a-f]{64}$/) } },
    ])
  })

  it('finds a parked event by its id, with what waits behind it', async () => {
    const { inbox, id } = await parkOne()
    expect(await inbox.parked.find(id)).toMatchObject({ id, stream: { version: 1 }, waitingBehind: 1 })
    expect(await inbox.parked.list({ limit: 10, after: id })).toEqual([])
    await expect(inbox.parked.find('999999')).rejects.toMatchObject({ code: 'parked_event_not_found' })
    await expect(inbox.parked.find('nonsense')).rejects.toMatchObject({ code: 'parked_event_not_found' })
  })

  it('is told when there is no such parked event', async () => {
    const { inbox } = inboxWith()
    for (const id of ['999999', 'nonsense']) {
      await expect(inbox.parked.retry(id, operator)).rejects.toMatchObject({ code: 'parked_event_not_found' })
    }
  })
})
