import { DomainError } from '@evergrant/decider'
import { describe, expect, it } from 'vitest'
import { sqlOf } from '../database/sql.ts'
import { gapsToRepair } from '../repair.ts'
import { broken, consumer, done, ids, messages, only, useCountingInbox } from '../testing/counting-inbox.ts'
import { revokedMessage } from '../testing/public-events.ts'
import { inboxStatus } from './inbox-status.ts'

const { inboxWith, later, clock, database } = useCountingInbox()

describe('a failing event', () => {
  it('undoes its own effect, blocks its own stream and is tried again later', async () => {
    let failures = 1
    const { inbox, applied } = inboxWith({
      before: async ({ attributes }) => {
        if (attributes.streamId === 'grant-1' && attributes.version === 2 && failures-- > 0)
          throw new Error('first')
      },
    })
    expect(
      await inbox.receive([...messages(1, 2, 3), revokedMessage({ version: 1, streamId: 'grant-9' })]),
    ).toEqual(done)
    expect(await applied()).toEqual(['grant-1@1', 'grant-9@1'])
    await inbox.sweep()
    expect(await applied()).toHaveLength(2)
    later(1000)
    expect(await inbox.sweep()).toBe(2)
    expect(await applied()).toEqual(['grant-1@1', 'grant-9@1', ...ids(2, 3)])
  })

  it('is parked after the third attempt', async () => {
    const { inbox, applied, errors } = inboxWith({
      before: async ({ attributes }) => {
        if (attributes.version === 1) throw new TypeError('no such thing')
      },
    })
    await inbox.receive(messages(1, 2))
    for (const wait of [1000, 5000, 60_000]) {
      later(wait)
      await inbox.sweep()
    }
    expect(errors).toHaveLength(3)
    expect(await applied()).toEqual([])
    expect(await inbox.parked.list({ limit: 10 })).toMatchObject([
      {
        stream: { source: 'token-service', streamId: 'grant-1', version: 1 },
        reason: 'handler_defect: TypeError: no such thing',
        attempts: 3,
        waitingBehind: 1,
      },
    ])
    expect(await inboxStatus({ database: database(), consumer, clock })).toMatchObject({
      parked: 1,
      blockedStreams: 1,
      waiting: 1,
    })
  })

  it('is parked at once when it breaks its contract, and what waits behind it is no gap', async () => {
    const { inbox, applied } = inboxWith()
    await inbox.receive([...messages(1, 3), broken(revokedMessage({ version: 2 }))])
    expect(await applied()).toEqual(ids(1))
    expect(await only(inbox)).toMatchObject({ attempts: 1, reason: expect.stringMatching(/^invalid_event/) })
    later(60_000)
    expect(await gapsToRepair({ database: database(), consumer, clock, olderThanMs: 0 })).toEqual([])
  })

  it('is delivered again when its whole batch fails for a passing reason, and is never parked for it', async () => {
    let away = true
    const { inbox, applied } = inboxWith({
      before: async () => {
        if (away) throw new DomainError('unavailable', 'schema_drift', 'The schema drifted.')
      },
    })
    for (let attempt = 0; attempt < 5; attempt++) {
      expect(await inbox.receive(messages(1, 2))).toMatchObject({ status: 'again' })
    }
    away = false
    expect(await inbox.receive(messages(1, 2))).toEqual(done)
    expect(await applied()).toEqual(ids(1, 2))
  })

  it('does not hold up other streams for a passing reason', async () => {
    let away = true
    const { inbox, applied } = inboxWith({
      before: async ({ attributes }) => {
        if (away && attributes.streamId === 'grant-1') {
          throw new DomainError('unavailable', 'schema_drift', 'The schema drifted.')
        }
      },
    })
    await inbox.receive([...messages(1, 2), revokedMessage({ version: 1, streamId: 'grant-9' })])
    expect(await applied()).toEqual(['grant-9@1'])
    for (let sweeps = 0; sweeps < 5; sweeps++) {
      later(10_000)
      await inbox.sweep()
    }
    away = false
    later(10_000)
    await inbox.sweep()
    expect(await applied()).toEqual(['grant-9@1', ...ids(1, 2)])
  })

  it('is not tried again because it is delivered again', async () => {
    const { inbox, errors } = inboxWith({
      before: async () => {
        throw new DomainError('rejected', 'bad_input', 'No.')
      },
    })
    for (let delivery = 0; delivery < 5; delivery++) await inbox.receive(messages(1))
    expect(errors).toHaveLength(1)
    expect(await inbox.parked.list({ limit: 10 })).toEqual([])
  })

  it('waits out a drifted column instead of being parked', async () => {
    const { inbox } = inboxWith({
      before: async (_event, unit) => {
        await sqlOf(unit)('select scope from es.stream')
      },
    })
    expect(await inbox.receive(messages(1))).toMatchObject({
      status: 'again',
      reason: 'database_error: 42703',
    })
  })

  it('is decided again when another writer was faster', async () => {
    let tries = 0
    const { inbox, applied } = inboxWith({
      before: async () => {
        if (++tries === 1) throw new DomainError('conflict', 'stream_moved_on', 'moved')
      },
    })
    expect(await inbox.receive(messages(1))).toEqual(done)
    expect(await applied()).toEqual(ids(1))
  })
})
