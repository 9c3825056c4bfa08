import { describe, expect, it } from 'vitest'
import { compareDigest, gapsToRepair } from '../repair.ts'
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

const { inboxWith, later, clock, database } = useCountingInbox()

describe('a start nobody knows', () => {
  const behind = { source: 'token-service', streamId: 'grant-1' }

  it('is asked for as a gap from the beginning', async () => {
    const { inbox } = inboxWith()
    await inbox.receive(messages(4, 7))
    const asking = { database: database(), consumer, clock }
    expect(await gapsToRepair({ ...asking, olderThanMs: 1000 })).toEqual([])
    later(1000)
    expect(await gapsToRepair({ ...asking, olderThanMs: 1000 })).toEqual([
      { ...behind, from: 1, to: 3 },
      { ...behind, from: 5, to: 6 },
    ])
  })

  it('is where the publisher says', async () => {
    const { inbox, applied } = inboxWith()
    await inbox.receive(messages(4, 5))
    await inbox.startAt(behind, 4)
    expect(await applied()).toEqual(ids(4, 5))
    await inbox.startAt(behind, 2)
    await inbox.receive(messages(2, 6))
    expect(await applied()).toEqual(ids(4, 5, 6))
  })

  it('is its first number when nobody answers in time', async () => {
    const { inbox, applied } = inboxWith()
    await inbox.receive(messages(4, 5))
    later(29_999)
    await inbox.sweep()
    expect(await applied()).toEqual([])
    later(1)
    await inbox.sweep()
    expect(await applied()).toEqual(ids(4, 5))
  })

  it('does not make a known stream jump a gap that its publisher can repair', async () => {
    const { inbox, applied } = inboxWith()
    await inbox.receive(messages(1, 3))
    later(3_600_000)
    await inbox.sweep()
    expect(await applied()).toEqual(ids(1))
  })

  it('soon lets a third party go on, at its first number and after its gaps', async () => {
    const { inbox, applied } = inboxWith()
    const foreign = (version: number) => revokedMessage({ version, source: 'a-cron-job', streamId: 'sync-x' })
    await inbox.receive([foreign(7)])
    later(2000)
    await inbox.sweep()
    await inbox.receive([foreign(9)])
    later(2000)
    await inbox.sweep()
    expect(await applied()).toEqual(['sync-x@7', 'sync-x@9'])
  })

  it('never passes a parked event', async () => {
    const { inbox, applied } = inboxWith()
    await inbox.receive([broken(revokedMessage({ version: 1 })), ...messages(5)])
    await inbox.startAt(behind, 5)
    await inbox.receive(messages(2, 3, 4))
    expect(await applied()).toEqual([])
    await inbox.parked.skip((await only(inbox)).id, { reason: 'broken', metadata: operator })
    expect(await applied()).toEqual(ids(2, 3, 4, 5))
  })
})

describe('a digest', () => {
  it('shows the tail that was lost, but not what is held already', async () => {
    const { inbox } = inboxWith()
    await inbox.receive([...messages(1, 2), revokedMessage({ version: 3, streamId: 'grant-2' })])
    const digest = {
      source: 'token-service',
      streams: [
        ['grant-1', 4],
        ['grant-2', 3],
        ['grant-3', 1],
      ] as const,
    }
    expect(await compareDigest({ database: database(), consumer, digest })).toEqual([
      { source: 'token-service', streamId: 'grant-1', from: 3, to: 4 },
      { source: 'token-service', streamId: 'grant-3', from: 1, to: 1 },
    ])
  })
})
